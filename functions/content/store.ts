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
import { metadata } from './batch/metadata.ts';
import { type ContentBatchDetails, type ContentOperationType, contentKey } from './batch/operation.ts';
import { price } from './batch/price.ts';
import { removal } from './batch/removal.ts';
import { acceptedReply } from './batch/view.ts';
import { ConfirmingItem, confirmingPartition } from './chain/items.ts';
import { contentBatches } from './claims.ts';
import { ContentRecord } from './content.ts';

let engine: Engine | undefined;

/** The batch engine for content, created on first use. */
export function contentEngine(): Engine {
  engine ??= openEngine({
    ...contentBatches,
    kinds: { 'update-price': price, 'remove-content': removal, 'update-metadata': metadata },
  });
  return engine;
}

/** The name of the list of a creator's batches: by address, for any reader. */
export const batchesOfCreator = (creator: string): string => `creator:${creator}`;

/** @throws Problem `forbidden` if the token is of another creator. */
export function checkCreator(caller: Caller, creator: string): void {
  if (caller.creator !== creator) throw new Problem('forbidden', 'The token is not of this creator');
}

interface ContentBatchRequest {
  /** The batch's id; a random one by default. */
  id?: string;
  kind: ContentOperationType;
  creator: string;
  contentIds: string[];
  /** The change, which is the same for all contents. */
  details: Omit<ContentBatchDetails, 'creator'>;
}

/**
 * Opens a batch. An id that is given several times is processed once and reported at each of its places.
 *
 * @returns the answer that the batch was accepted.
 * @throws Problem `forbidden`, or NotOpened if the id is taken or another request took over the idempotency
 * key.
 */
export async function openBatch(request: ContentBatchRequest, caller: Caller, answer: AnswerWith) {
  const { id = randomUUID(), kind, creator, contentIds, details } = request;
  checkCreator(caller, creator);
  const places = Map.groupBy(contentIds.entries(), ([, contentId]) => contentId);
  const reply = acceptedReply(kind, id, contentIds.length);
  await contentEngine().open({
    ...{ id, kind, tenant: caller.tenantId, user: caller.userId },
    operations: [...places].map(([contentId, its]) => ({
      data: { contentId },
      places: its.map(([place]) => place),
    })),
    details: { ...details, creator },
    lists: [batchesOfCreator(creator)],
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

/** The contents of a batch whose transactions are in a block, without enough confirmations yet. */
export async function readConfirming(batch: string): Promise<{ contentId: string; txId: string }[]> {
  const { items } = await dynamo().query({
    TableName: tableName('content'),
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': confirmingPartition(batch) },
  });
  return items.map((item) => {
    const { contentId, txId } = ConfirmingItem.parse(item);
    return { contentId, txId };
  });
}

/** True if the caller is this creator, of this tenant. */
export const isCreator = (
  caller: Caller | undefined,
  { tenant, creator }: { tenant: string; creator: string },
): boolean => caller !== undefined && caller.tenantId === tenant && caller.creator === creator;

/** @throws Problem `not_found`. */
export async function readContent(contentId: string): Promise<ContentRecord> {
  const isId = /^[\x20-\x7e]{1,64}$/.test(contentId);
  const item = isId ? await dynamo().get(tableName('content'), contentKey(contentId)) : undefined;
  if (!item) throw new Problem('not_found', 'Content not found');
  return ContentRecord.parse(item);
}

/**
 * Inserts new content, all or nothing.
 *
 * @param records at most 100: they are one transaction.
 * @returns the stored records; also if the same request, by its idempotency key, inserted them before.
 * @throws Problem `conflict` with the ids that are taken.
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
  const found = reasons.flatMap(({ item }) => (item ? [ContentRecord.parse(item)] : []));
  const isOurs = records.every(
    ({ registration }, index) => registration && found[index]?.registration === registration,
  );
  if (isOurs) return found;
  const taken = records.filter((_, index) => reasons[index]?.failed);
  throw new Problem('conflict', 'Content ids are already registered', {
    details: { contentIds: taken.map(({ contentId }) => contentId) },
  });
}
