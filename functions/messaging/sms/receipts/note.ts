import { timestamp } from '../../../../core/clock.ts';
import { getAll, nameOf } from '../../../../core/dynamo/get-all.ts';
import type { RetryingStore } from '../../../../core/dynamo/retry.ts';
import type { Key } from '../../../../core/dynamo/store.ts';
import { tableName } from '../../../../core/dynamo/tables.ts';
import { inParallel } from '../../../../core/parallel.ts';
import { smsKeys } from '../batch.ts';
import { placeOfMessage } from '../messages/id.ts';
import { asMessage, type MessageRecord } from '../messages/record.ts';
import type { FinalReceipt, Receipt } from '../providers/provider.ts';
import { keptReceipt, receiptAttribute, receiptText } from './pack.ts';

/** A receipt with the message that it is of. */
export interface MessageReceipt {
  tenant: string;
  message: string;
  receipt: Receipt;
}

/** A receipt whose message exists and has none that is final, as far as its own record tells. */
interface OpenReceipt<R extends Receipt = Receipt> extends MessageReceipt {
  receipt: R;
  record: MessageRecord;
  /** The key of the pack of receipts, and the message's attribute there. */
  pack: Key;
  attribute: string;
}

const isFinal = (one: OpenReceipt): one is OpenReceipt<FinalReceipt> => one.receipt.state !== 'sent';

/** Writes of one run in flight. */
const writesAtOnceMax = 10;

/** True for a message whose provider gave no answer so far: the batch engine learns from its record. */
const isOpen = ({ state }: MessageRecord): boolean => state === 'sending' || state === 'unknown';

/**
 * Records receipts of messages, those of one pack in one write. It is idempotent: of receipts that come twice
 * or out of order, only the first final one counts. It also proves that a message without an answer was sent;
 * the batch engine finds that in the message's record when the chunk is delivered again.
 *
 * Receipts for unknown messages are ignored.
 *
 * @param now milliseconds since the epoch.
 */
export async function noteReceipts(
  store: RetryingStore,
  receipts: readonly MessageReceipt[],
  now: number,
): Promise<void> {
  const open = await openReceipts(store, receipts);
  const final = open.filter(isFinal);
  const packs = Object.values(Object.groupBy(final, ({ pack }) => nameOf(pack)));
  await inParallel(packs, writesAtOnceMax, (of = []) => keepFirst(store, of, now));
  const sent = open.filter(({ receipt, record }) => receipt.state === 'sent' && isOpen(record));
  await inParallel(sent, writesAtOnceMax, (one) => resolve(store, one, { state: 'sent' }, now));
}

async function openReceipts(
  store: RetryingStore,
  receipts: readonly MessageReceipt[],
): Promise<OpenReceipt[]> {
  const keyOf = ({ tenant, message }: MessageReceipt) => smsKeys.message(tenant, message);
  const records = await getAll(store, tableName('messaging'), receipts.map(keyOf));
  return receipts.flatMap((one) => {
    const place = placeOfMessage(one.message);
    const item = records.get(keyOf(one));
    if (!place || !item) return [];
    const record = asMessage(item);
    if (!isOpen(record) && record.state !== 'sent') return [];
    const pack = smsKeys.receiptPack(one.tenant, place.batchId, place.n);
    return [{ ...one, record, pack, attribute: receiptAttribute(place.n) }];
  });
}

/**
 * Keeps the first final receipt of each of these messages of one pack, and afterwards ends the messages that
 * have had no answer: in this order, since a message that has ended is not looked at again.
 */
async function keepFirst(
  store: RetryingStore,
  receipts: OpenReceipt<FinalReceipt>[],
  now: number,
): Promise<void> {
  const firsts = new Map<string, OpenReceipt<FinalReceipt>>();
  for (const one of receipts) if (!firsts.has(one.attribute)) firsts.set(one.attribute, one);
  const [first] = firsts.values();
  if (!first) return;
  const names = [...firsts.keys()];
  const texts = [...firsts.values()].map(({ attribute, receipt }) => [
    `:${attribute}`,
    receiptText(receipt, now),
  ]);
  const { item: kept } = await store.update({
    TableName: tableName('messaging'),
    Key: first.pack,
    UpdateExpression: `SET ${names.map((name) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(texts),
    ReturnValues: 'UPDATED_NEW',
  });
  const unanswered = [...firsts.values()].filter(({ record }) => isOpen(record));
  await inParallel(unanswered, writesAtOnceMax, async (one) => {
    const receipt = keptReceipt(kept?.[one.attribute]);
    if (receipt) await resolve(store, one, receipt, now);
  });
}

/** Ends the wait for an answer about a message: the provider has taken it. */
async function resolve(
  store: RetryingStore,
  { tenant, message }: OpenReceipt,
  receipt: Receipt,
  now: number,
): Promise<void> {
  const isFailed = receipt.state === 'failed';
  const assignments = [
    '#state = :state',
    'updatedAt = :now',
    'providerId = if_not_exists(providerId, :byReceipt)',
    'sentAt = if_not_exists(sentAt, :now)',
    ...(isFailed ? ['code = :code'] : []),
  ];
  await store.update({
    TableName: tableName('messaging'),
    Key: smsKeys.message(tenant, message),
    UpdateExpression: `SET ${assignments.join(', ')}`,
    ConditionExpression: '#state IN (:sending, :unknown)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ...{ ':state': receipt.state, ':now': timestamp(now), ':byReceipt': '' },
      ...{ ':sending': 'sending', ':unknown': 'unknown' },
      ...(isFailed ? { ':code': receipt.code } : {}),
    },
  });
}
