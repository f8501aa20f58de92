import { timestamp } from '../../../../core/clock.ts';
import type { Item, Key, Store } from '../../../../core/dynamo/store.ts';
import { tableName } from '../../../../core/dynamo/tables.ts';
import { describe, log } from '../../../../core/log.ts';
import { type MessageRecord, RECEIPT_PATIENCE } from '../messages/record.ts';
import type { SmsProvider } from '../providers/provider.ts';
import { noteReceipt } from './note.ts';

/** When a receipt is first asked for, in milliseconds after its message; each pause is then twice the one before, up to the longest. */
const PAUSE = { first: 5 * 60_000, longest: 6 * 60 * 60_000 };

/** Receipts that are asked for at once. */
const AT_ONCE = 10;

/** A receipt that is to be asked for. Its phone is the message's. */
interface Question extends Key {
  tenant: string;
  message: string;
  providerId: string;
  to: string;
  /** When the message was sent, in milliseconds since the epoch. */
  since: number;
  pause: number;
}

/** In the order in which they are to be asked. */
const questions = 'SMS-RECEIPTS';

const questionKey = (at: number, { id }: Pick<MessageRecord, 'id'>): Key => ({
  pk: questions,
  sk: `${timestamp(at)}#${id}`,
});

/** Notes that the receipt of a message is to be asked for. */
export async function awaitReceipt(store: Store, record: MessageRecord, to: string): Promise<void> {
  const since = record.claimedAt;
  const question: Question = {
    ...questionKey(since + PAUSE.first, record),
    ...{ tenant: record.tenant, message: record.id, providerId: record.providerId ?? '', to, since },
    pause: PAUSE.first,
  };
  await store.put({ TableName: tableName('messaging'), Item: { ...question } });
}

/**
 * Asks for the receipts that are due, until this time. What has none is asked for again, for three days.
 *
 * @returns how many were asked for.
 */
export async function askForReceipts(
  store: Store,
  provider: SmsProvider,
  now: () => number,
  until: number,
): Promise<number> {
  let asked = 0;
  const worker = async (queue: Question[]) => {
    for (let question = queue.pop(); question && now() < until; question = queue.pop()) {
      await ask(store, provider, question, now());
      asked += 1;
    }
  };
  for (;;) {
    const queue = (await dueQuestions(store, now())).reverse();
    if (queue.length === 0 || now() >= until) return asked;
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(queue)));
  }
}

async function ask(store: Store, provider: SmsProvider, question: Question, now: number): Promise<void> {
  const { pk, sk, message, since, pause } = question;
  const TableName = tableName('messaging');
  if (!(await answered(store, provider, question, now)) && now - since < RECEIPT_PATIENCE) {
    const next = Math.min(2 * pause, PAUSE.longest);
    const Item: Item = { ...question, ...questionKey(now + next, { id: message }), pause: next };
    await store.put({ TableName, Item });
  }
  await store.remove({ TableName, Key: { pk, sk } });
}

/** Whether a receipt has the last word on its message now. One that cannot be had keeps none of the others back. */
async function answered(
  store: Store,
  provider: SmsProvider,
  { tenant, message, providerId, to }: Question,
  now: number,
): Promise<boolean> {
  try {
    const receipt = await provider.fetchReceipt?.(providerId, to);
    if (receipt) await noteReceipt(store, { tenant, message }, receipt, now);
    return receipt !== undefined && receipt.state !== 'sent';
  } catch (error) {
    log('warn', 'a receipt could not be had', { sms: message, ...describe(error) });
    return false;
  }
}

async function dueQuestions(store: Store, now: number): Promise<Question[]> {
  const { items } = await store.query({
    TableName: tableName('messaging'),
    KeyConditionExpression: 'pk = :pk AND sk < :now',
    ExpressionAttributeValues: { ':pk': questions, ':now': timestamp(now) },
    Limit: 500,
  });
  return items as unknown as Question[];
}
