import { randomUUID } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { timestamp } from '../../../core/clock.ts';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { InFlight, Problem } from '../../../core/http/problem.ts';
import { type AnswerUpdate, answerAction } from '../../../core/ledger/change.ts';
import { asPack, asSmsBatch, messagesPerPack, type PackedMessage, type SmsBatch, smsKeys } from './batch.ts';

const table = () => tableName('messaging');

/** Reads one item of the messaging table, strongly consistent. */
export async function readItem(key: Key): Promise<Item | undefined> {
  const { Item } = await documents().send(
    new GetCommand({ TableName: table(), Key: key, ConsistentRead: true }),
  );
  return Item;
}

/** Puts of one request (API reference, BatchWriteItem), and requests in parallel. */
const putsPerRequestMax = 25;
const requestsInParallel = 4;

async function writeAll(items: Item[]): Promise<void> {
  let next = 0;
  const writer = async () => {
    while (next < items.length) {
      const from = next;
      next += putsPerRequestMax;
      let left = items.slice(from, from + putsPerRequestMax).map((item) => ({ PutRequest: { Item: item } }));
      while (left.length > 0) {
        const RequestItems = { [table()]: left };
        const { UnprocessedItems } = await documents().send(new BatchWriteCommand({ RequestItems }));
        left = (UnprocessedItems?.[table()] ?? []) as typeof left;
      }
    }
  };
  await Promise.all(Array.from({ length: requestsInParallel }, writer));
}

/**
 * Time that a request has for releasing its own batch; after it, the sweep does so. A little longer than a
 * function may run.
 */
const ownReleaseMs = 40_000;

/** A batch before it is stored; its messages are passed separately. */
export type NewSmsBatch = Omit<SmsBatch, 'pk' | 'sk' | 'state' | 'total'>;

/** Time at which the sweep checks a batch, in RFC 3339. */
export const sweepAtOf = ({ scheduled, dueAt, createdAt }: NewSmsBatch): string =>
  scheduled ? dueAt : timestamp(Date.parse(createdAt) + ownReleaseMs);

/**
 * Stores a batch durably: once this returns, its messages will be sent at their time despite any crash. The
 * messages are written first; one transaction then writes the batch together with the caller's answer.
 *
 * @param errors errors of rows that have no message.
 * @throws Problem `conflict` if the batch exists, `in_flight` if another request took over the idempotency
 * key.
 */
export async function storeBatch(
  batch: NewSmsBatch,
  messages: PackedMessage[],
  errors: string[],
  answer: AnswerUpdate | undefined,
): Promise<void> {
  const { tenant, id } = batch;
  const packs = Array.from({ length: Math.ceil(messages.length / messagesPerPack) }, (_, pack) => ({
    ...smsKeys.pack(tenant, id, pack * messagesPerPack),
    messages: messages.slice(pack * messagesPerPack, (pack + 1) * messagesPerPack),
  }));
  await writeAll([...packs, ...(errors.length > 0 ? [{ ...smsKeys.errors(tenant, id), errors }] : [])]);
  const record: SmsBatch = {
    ...smsKeys.batch(tenant, id),
    ...batch,
    ...{ state: 'waiting', total: messages.length },
  };
  const transaction = new TransactWriteCommand({
    TransactItems: [
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
    ],
    // It makes the SDK's retry after a lost answer the same request.
    ClientRequestToken: randomUUID(),
  });
  try {
    await documents().send(transaction);
  } catch (error) {
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    const failed = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed');
    if (failed < 0) throw error;
    throw failed === 0 ? new Problem('conflict', 'This upload was processed already') : new InFlight();
  }
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
  await documents().send(new PutCommand({ TableName: table(), Item }));
}
