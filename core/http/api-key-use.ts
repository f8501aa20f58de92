import { timestamp } from '../clock.ts';
import { within } from '../deadline.ts';
import { dynamo } from '../dynamo/dynamo.ts';
import { getAll } from '../dynamo/get-all.ts';
import type { TableKey } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { keepNewest } from '../keep-newest.ts';
import { describe, log } from '../log.ts';

/** Milliseconds within which a container notes the use of a key once. */
const noteIntervalMs = 60_000;
/** Milliseconds for which a note is tried: a call waits for it, and does without it. */
const noteMsMax = 1_000;
/** Keys of which a container remembers when it noted their use. */
const notesMax = 1_000;

const notedMs = new Map<string, number>();

/** The key of a note in the table `apiKeyUses`, which every endpoint may write, unlike keys themselves. */
const useKey = (id: string): TableKey => ({ pk: `USE#${id}` });

/**
 * Notes that a key was used, at most once in a minute and container. A call never fails by it: what was not
 * noted is logged.
 *
 * @param now milliseconds since the epoch.
 */
export async function noteKeyUse({ id, expires_at }: { id: string; expires_at: number }, now: number) {
  if (now - (notedMs.get(id) ?? Number.NEGATIVE_INFINITY) < noteIntervalMs) return;
  keepNewest(notedMs, id, now, notesMax);
  const used_at = timestamp(now);
  try {
    await within(Date.now() + noteMsMax, () =>
      dynamo().put({
        TableName: tableName('apiKeyUses'),
        Item: { ...useKey(id), used_at, expires_at },
        // A later use may have been noted by another container.
        ConditionExpression: 'attribute_not_exists(pk) OR used_at < :used_at',
        ExpressionAttributeValues: { ':used_at': used_at },
      }),
    );
  } catch (error) {
    log('warn', 'the use of an API key was not noted', { apiKey: id, ...describe(error) });
  }
}

/** When keys were last used (RFC 3339), by id; none for those that never were. */
export async function lastUses(ids: readonly string[]): Promise<Map<string, string>> {
  const found = await getAll(dynamo(), tableName('apiKeyUses'), ids.map(useKey));
  return new Map(
    ids.flatMap((id) => {
      const used = found.get(useKey(id))?.used_at;
      return typeof used === 'string' ? [[id, used] as const] : [];
    }),
  );
}
