import * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { putAll } from '../../../core/dynamo/put-all.ts';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { InFlight, Problem } from '../../../core/http/problem.ts';
import { type AnswerUpdate, answerAction } from '../../../core/ledger/change.ts';
import {
  asPack,
  asSmsBatch,
  messagesPerPack,
  type PackedMessage,
  type ReadFile,
  type SmsBatch,
  smsKeys,
} from './batch.ts';
import { placeOfMessage } from './messages/id.ts';

const table = () => tableName('messaging');

export const uploadProcessed = 'This upload was processed already';

/** Reads one item of the messaging table, strongly consistent. */
export const readItem = (key: Key): Promise<Item | undefined> => dynamo().get(table(), key);

/**
 * Time that a request has for releasing its own batch; after it, the sweep does so. A little longer than a
 * function may run.
 */
const ownReleaseMs = 40_000;

/**
 * Time for which a request has an upload to itself: it writes the messages before the batch, and those of two
 * requests must not mix. Longer than a function may run, so no request writes after its claim.
 */
const claimMs = 40_000;

/** A batch before it is stored; its messages are passed separately. */
export type NewSmsBatch = Omit<SmsBatch, 'pk' | 'sk' | 'state' | 'total' | 'receiptsIn'>;

/** Time at which the sweep checks a batch, in RFC 3339. */
export const sweepAtOf = ({ scheduled, dueAt, createdAt }: NewSmsBatch): string =>
  scheduled ? dueAt : timestamp(Date.parse(createdAt) + ownReleaseMs);

/**
 * Stores a batch durably: once this returns, its messages will be sent at their time despite any crash. The
 * messages are written first; one transaction then writes the batch together with the caller's answer.
 *
 * @param read only for a file: what was read of it.
 * @throws Problem `conflict` if the batch exists, `in_flight` if another request took over the idempotency
 * key.
 */
export async function storeBatch(
  batch: NewSmsBatch,
  messages: PackedMessage[],
  read: ReadFile | undefined,
  answer: AnswerUpdate | undefined,
): Promise<void> {
  const { tenant, id } = batch;
  const packs = Array.from({ length: Math.ceil(messages.length / messagesPerPack) }, (_, pack) => ({
    ...smsKeys.pack(tenant, id, pack * messagesPerPack),
    messages: messages.slice(pack * messagesPerPack, (pack + 1) * messagesPerPack),
  }));
  await putAll(dynamo(), table(), [
    ...packs,
    ...(read ? [{ ...smsKeys.readFile(tenant, id), ...read }] : []),
  ]);
  const record: SmsBatch = {
    ...smsKeys.batch(tenant, id),
    ...batch,
    ...{ state: 'waiting', total: messages.length, receiptsIn: 'packs' },
  };
  const transacted = await transactOnce(dynamo(), systemDeps, [
    {
      Put: {
        TableName: table(),
        Item: record,
        ConditionExpression: 'attribute_not_exists(pk) OR #state = :expected',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':expected': 'expected' },
      },
    },
    { Put: { TableName: table(), Item: { ...smsKeys.due(batch, sweepAtOf(batch)), tenant, id } } },
    ...(answer ? [answerAction(answer)] : []),
  ]);
  if (transacted.done) return;
  throw transacted.reasons[0]?.failed ? new Problem('conflict', uploadProcessed) : new InFlight();
}

/** Reads a batch. @throws Problem `not_found`, also for another tenant's batch. */
export async function readSmsBatch(tenant: string, id: string, what = 'Batch'): Promise<SmsBatch> {
  const item = isId(id) ? await readItem(smsKeys.batch(tenant, id.toLowerCase())) : undefined;
  if (!item) throw new Problem('not_found', `${what} not found`);
  return asSmsBatch(item);
}

const isId = (id: string) => /^[0-9a-f-]{36}$/i.test(id);

/** Message `n` of a batch, counted from 0; `undefined` if there is none. */
export async function readMessage(batch: SmsBatch, n: number): Promise<PackedMessage | undefined> {
  const item = await readItem(smsKeys.pack(batch.tenant, batch.id, n));
  return item && asPack(item)[n % messagesPerPack];
}

/** Phone that a message is for, in E.164; `undefined` for an id that no message has. */
export async function phoneOfMessage(ref: { tenant: string; message: string }): Promise<string | undefined> {
  const place = placeOfMessage(ref.message);
  const item = place && (await readItem(smsKeys.pack(ref.tenant, place.batchId, place.n)));
  return item && asPack(item)[place.n % messagesPerPack]?.to;
}

/** Stores that a file will be uploaded, under the id of its later batch. */
export async function expectUpload(
  upload: Pick<SmsBatch, 'tenant' | 'id' | 'user' | 'createdAt'>,
): Promise<void> {
  const Item: SmsBatch = {
    ...smsKeys.batch(upload.tenant, upload.id),
    ...upload,
    ...{ state: 'expected', total: 0, dueAt: upload.createdAt, scheduled: false, from: '' },
    upload: { total_contacts: 0, processed_contacts: 0, successful_contacts: 0 },
  };
  await dynamo().put({ TableName: table(), Item: { ...Item } });
}

/**
 * Claims an upload whose file is to be stored as a batch.
 *
 * @param now milliseconds since the epoch.
 * @throws Problem `conflict` if it was processed, or is being processed by another request; `Retry-After`
 * says when that one has ended at the latest.
 */
export async function claimUpload(tenant: string, id: string, now: number): Promise<void> {
  const claimed = await dynamo().update({
    TableName: table(),
    Key: smsKeys.batch(tenant, id),
    UpdateExpression: 'SET claimedUntil = :until',
    ConditionExpression:
      '#state = :expected AND (attribute_not_exists(claimedUntil) OR claimedUntil <= :now)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':expected': 'expected', ':until': now + claimMs, ':now': now },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (claimed.done) return;
  if (claimed.item?.state !== 'expected') throw new Problem('conflict', uploadProcessed);
  const waitMs = z.number().parse(claimed.item.claimedUntil) - now;
  throw new Problem('conflict', 'This upload is being processed by another request', {
    retryAfter: Math.ceil(waitMs / 1_000),
  });
}
