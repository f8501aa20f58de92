import { getAll } from '../dynamo/get-all.ts';
import { present } from '../invariant.ts';
import { type SweepParts, sweepInParts } from '../sweep.ts';
import { asChunkState, chunkStateAttributes } from './chunk.ts';
import { chunkMessage } from './chunk-message.ts';
import { type Context, itemsIn } from './context.ts';
import { giveUp } from './give-up.ts';
import { asBatch, asEntry, type BatchRecord, hasEnded, isOver, type OpenEntry } from './record.ts';
import { reportEnded } from './report-ended.ts';
import { deliveriesMax } from './work.ts';

/** Time without progress in a tenant's batches after which their message counts as lost. */
const stalledAfterMs = 10_000;

/** Additional time without progress after each message that was sent again. */
const resendDelayMs = 20_000;

/**
 * Time without any progress after which a chunk whose resends were in vain is given up: longer than most
 * outages.
 */
const giveUpAfterMs = 40 * 60_000;

/** A listener failed for some ends. Nothing is lost: the next sweep reports them again. */
class EndsNotReported extends Error {
  override readonly name = 'EndsNotReported';
}

/**
 * Sends lost messages again, reports ends that were not reported, and gives up chunks whose resends were in
 * vain. To be called every minute or two. A resent message whose first copy still lives does no harm,
 * because a chunk is applied once.
 *
 * @returns the number of messages that were sent again.
 * @throws EndsNotReported or SweepIncomplete after everything else was done, so that an alarm reports a
 * listener that fails, and a batch that cannot be looked after.
 */
export async function sweep(context: Context): Promise<number> {
  let sent = 0;
  let notReported = 0;
  const parts = sweepInParts('open batches');
  for await (const entries of openByTenant(context, parts)) {
    await parts.run(async () => {
      const batches = await withRecords(context, entries);
      for (const { record } of batches) if (!(await reportEnded(context, record))) notReported += 1;
      const open = batches.filter(({ record }) => !isOver(record));
      const stalledAt = Math.max(...open.map(({ record }) => stalledAtMs(record)));
      if (open.length > 0 && context.deps.now() >= stalledAt) sent += await resend(context, open);
    });
  }
  parts.finish();
  if (notReported > 0) throw new EndsNotReported(`the ends of ${notReported} batches could not be announced`);
  return sent;
}

const stalledAtMs = ({ progressAt, resends }: BatchRecord): number =>
  Date.parse(progressAt) + stalledAfterMs + resendDelayMs * resends;

interface OpenBatch {
  entry: OpenEntry;
  record: BatchRecord;
}

/** The entries of open batches, tenant by tenant, each in the order of its turns. */
async function* openByTenant(context: Context, parts: SweepParts): AsyncGenerator<OpenEntry[]> {
  let tenant: OpenEntry[] = [];
  for await (const item of itemsIn(context, context.keys.openOf())) {
    const entry = await parts.run(() => asEntry(item));
    if (!entry) continue;
    if (tenant[0] && tenant[0].tenant !== entry.tenant) {
      yield tenant;
      tenant = [];
    }
    tenant.push(entry);
  }
  if (tenant.length > 0) yield tenant;
}

async function withRecords(context: Context, entries: OpenEntry[]): Promise<OpenBatch[]> {
  const keys = entries.map(({ id }) => context.keys.batch(id));
  const items = await getAll(context.store, context.table(), keys);
  return entries.flatMap((entry) => {
    const item = items.get(context.keys.batch(entry.id));
    return item ? [{ entry, record: asBatch(item) }] : [];
  });
}

/**
 * Sends the first open chunk of a tenant's batches, and every chunk before it that waits for side effects.
 */
async function resend(context: Context, batches: OpenBatch[]): Promise<number> {
  let sent = 0;
  for (const { entry, record } of batches) {
    const { open, waiting } = await unfinishedChunks(context, record);
    const idleMs = context.deps.now() - Date.parse(record.progressAt);
    if (record.resends >= deliveriesMax && idleMs >= giveUpAfterMs && waiting.length === 0) {
      for (const chunk of open) await giveUp(context, { batch: entry.id, chunk });
      continue;
    }
    // Each resend in vain moves on to another open chunk, so that a chunk that kills every worker blocks none
    // of the others.
    const first =
      open.length > 0 ? [present(open[record.resends % open.length], 'the list is not empty')] : [];
    const chunks = [...waiting, ...first];
    if (chunks.length > 0) await countResend(context, record);
    for (const chunk of chunks) await context.send(entry.tenant, chunkMessage(entry, chunk));
    sent += chunks.length;
    if (first.length > 0) break;
  }
  return sent;
}

/** Numbers of a batch's chunks that are open, and of those with claims that are not settled. */
async function unfinishedChunks(
  context: Context,
  record: BatchRecord,
): Promise<{ open: number[]; waiting: number[] }> {
  const open = new Set(hasEnded(record) ? [] : Array(record.chunks).keys());
  const waiting: number[] = [];
  const results = itemsIn(context, context.keys.resultsOf(record.id), chunkStateAttributes);
  for await (const item of results) {
    const { chunk, state } = asChunkState(item);
    open.delete(chunk);
    if (state === 'waiting') waiting.push(chunk);
  }
  return { open: [...open], waiting };
}

/** Counts a resend on the batch. Its next progress resets the count. */
async function countResend(context: Context, { pk, sk }: BatchRecord): Promise<void> {
  await context.store.update({
    TableName: context.table(),
    Key: { pk, sk },
    UpdateExpression: 'SET resends = resends + :one',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':one': 1 },
  });
}
