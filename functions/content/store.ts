import { randomUUID } from 'node:crypto';
import { type Engine, openEngine } from '../../core/batch/engine.ts';
import type { Batch } from '../../core/batch/record.ts';
import { systemDeps } from '../../core/deps.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { transactOnce } from '../../core/dynamo/transact-once.ts';
import type { Caller } from '../../core/http/caller.ts';
import { Problem } from '../../core/http/problem.ts';
import type { AnswerWith } from '../../core/http/serve.ts';
import { log } from '../../core/log.ts';
import { send } from '../../core/queue.ts';
import { metadata } from './batch/metadata.ts';
import { asContent, contentKey, type OperationType } from './batch/operation.ts';
import { price } from './batch/price.ts';
import { removal } from './batch/removal.ts';
import { accepted } from './batch/view.ts';
import type { ContentRecord } from './content.ts';

let engine: Engine | undefined;

/** The batches of every creator. Made on first use. */
export function contentEngine(): Engine {
  engine ??= openEngine({
    name: 'content',
    kinds: { 'update-price': price, 'remove-content': removal, 'update-metadata': metadata },
    send: (tenant, message) => send('contentBatches', tenant, message),
    onEnded: async ({ id, kind, status, total, succeeded, failed }) =>
      log('info', 'content batch ended', { batch: id, kind, status, total, succeeded, failed }),
  });
  return engine;
}

/** The list of a creator's batches. Creators are known by their address, whoever asks. */
export const listOf = (creator: string): string => `creator:${creator}`;

/** @throws Problem `forbidden` unless the token is this creator's. */
export function checkCreator(caller: Caller, creator: string): void {
  if (caller.creator !== creator) throw new Problem('forbidden', 'The token is not of this creator');
}

export interface BatchRequest {
  kind: OperationType;
  creator: string;
  contentIds: string[];
  /** What is to be done, the same for all. */
  details: Record<string, unknown>;
}

/**
 * Opens a batch and answers that it was accepted. An id that came several times is done once and reported at each of its places.
 *
 * @throws Problem `forbidden`, or NotOpened if another request took over the idempotency key.
 */
export async function openBatch(request: BatchRequest, caller: Caller, answer: AnswerWith) {
  const { kind, creator, contentIds, details } = request;
  checkCreator(caller, creator);
  const id = randomUUID();
  const places = Map.groupBy(contentIds.keys(), (place) => contentIds[place] ?? '');
  const reply = accepted(kind, id, contentIds.length);
  await contentEngine().open({
    ...{ id, kind, tenant: caller.tenantId, user: caller.userId },
    operations: [...places].map(([contentId, its]) => ({ data: { contentId }, places: its })),
    details: { ...details, creator },
    lists: [listOf(creator)],
    answer: await answer(undefined, reply),
  });
  return reply;
}

/** @throws Problem `not_found`. */
export async function readBatch(id: string): Promise<Batch> {
  const batch = id.length <= 128 ? await contentEngine().read(id) : undefined;
  if (!batch) throw new Problem('not_found', 'Batch operation not found');
  return batch;
}

/** Whether a caller is the creator of this. */
export const isCreator = (
  caller: Caller | undefined,
  { tenant, creator }: { tenant: string; creator: unknown },
): boolean => caller !== undefined && caller.tenantId === tenant && caller.creator === creator;

/** @throws Problem `not_found`. */
export async function readContent(contentId: string): Promise<ContentRecord> {
  const isId = /^[\x20-\x7e]{1,64}$/.test(contentId);
  const item = isId ? await dynamo().get(tableName('content'), contentKey(contentId)) : undefined;
  if (!item) throw new Problem('not_found', 'Content not found');
  return asContent(item);
}

/**
 * Stores new content, all or nothing.
 *
 * @returns it as it is stored: also if the same request, by its idempotency key, did so before.
 * @throws Problem `conflict` naming the ids that are taken.
 */
export async function insertContent(records: ContentRecord[]): Promise<ContentRecord[]> {
  const puts = records.map((record) => ({
    Put: {
      TableName: tableName('content'),
      Item: { ...contentKey(record.contentId), ...record },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    },
  }));
  const transacted = await transactOnce(dynamo(), systemDeps, puts);
  if (transacted.done) return records;
  const { reasons } = transacted;
  const found = reasons.flatMap(({ item }) => (item ? [asContent(item)] : []));
  const isOurs = records.every(
    ({ registration }, index) => registration && found[index]?.registration === registration,
  );
  if (isOurs) return found;
  const taken = records.filter((_, index) => reasons[index]?.failed);
  throw new Problem('conflict', 'Content ids are already registered', {
    details: { contentIds: taken.map(({ contentId }) => contentId) },
  });
}
