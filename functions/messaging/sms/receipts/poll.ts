import * as z from 'zod';
import { timestamp } from '../../../../core/clock.ts';
import type { RetryingStore } from '../../../../core/dynamo/retry.ts';
import type { Item, Key } from '../../../../core/dynamo/store.ts';
import { tableName } from '../../../../core/dynamo/tables.ts';
import { stored } from '../../../../core/dynamo/version.ts';
import { type SweepParts, sweepInParts } from '../../../../core/sweep.ts';
import { type AcceptedRecord, type MessageRecord, receiptTimeoutMs } from '../messages/record.ts';
import type { SmsProvider } from '../providers/provider.ts';
import { noteReceipts } from './note.ts';

/** Time from sending to the first poll; then exponential backoff up to the maximum. */
const pauseMs = { min: 5 * 60_000, max: 6 * 60 * 60_000 };

/** Receipts that are polled in parallel. */
const pollsAtOnceMax = 10;

/** A receipt that has to be polled for. */
const receiptPoll = stored(
  'receipt to poll for',
  z.object({
    pk: z.string(),
    sk: z.string(),
    tenant: z.string(),
    message: z.string(),
    providerId: z.string(),
    /** The phone that the message was sent to. */
    to: z.string(),
    /** Time of sending, in milliseconds since the epoch. */
    since: z.number(),
    /** The last pause before a poll, in milliseconds. */
    pause: z.number(),
  }),
);
type ReceiptPoll = z.output<typeof receiptPoll>;

/** Parses a receipt that is polled for. @throws ZodError for an item of another shape. */
export const asReceiptPoll = (item: Item): ReceiptPoll => receiptPoll.parse(item);

/** Partition of all polls, sorted by their due time. */
export const pollPartition = 'SMS-RECEIPTS';

const pollKey = (at: number, { id }: Pick<MessageRecord, 'id'>): Key => ({
  pk: pollPartition,
  sk: `${timestamp(at)}#${id}`,
});

/** Schedules the first poll for a message's receipt. @param to the phone that it was sent to, in E.164. */
export async function scheduleReceiptPoll(
  store: RetryingStore,
  record: AcceptedRecord,
  to: string,
): Promise<void> {
  const since = record.claimedAt;
  const poll: ReceiptPoll = {
    ...pollKey(since + pauseMs.min, record),
    ...{ tenant: record.tenant, message: record.id, providerId: record.providerId, to, since },
    pause: pauseMs.min,
  };
  await store.put({ TableName: tableName('messaging'), Item: { ...poll } });
}

/**
 * Polls the provider for all receipts that are due, until a deadline. A message without a receipt is polled
 * again later, for three days.
 *
 * @param now current time, in milliseconds since the epoch.
 * @param until deadline for beginning a poll, in milliseconds since the epoch.
 * @returns the number of polls.
 * @throws SweepIncomplete after all others if a poll failed.
 */
export async function pollReceipts(
  store: RetryingStore,
  provider: SmsProvider,
  now: () => number,
  until: number,
): Promise<number> {
  let polls = 0;
  const parts = sweepInParts('SMS receipts');
  const tried = new Set<string>();
  const worker = async (queue: ReceiptPoll[]) => {
    for (let poll = queue.pop(); poll && now() < until; poll = queue.pop()) {
      const due = poll;
      tried.add(due.sk);
      await parts.run(() => pollOne(store, provider, due, now(), parts));
      polls += 1;
    }
  };
  // Ends when nothing is due, or with the first round after the deadline `until`.
  for (;;) {
    // A poll that failed stays due: it is left to the next run, or this one would spin on it.
    const due = await duePolls(store, now(), parts);
    const queue = due.filter(({ sk }) => !tried.has(sk)).reverse();
    if (queue.length === 0 || now() >= until) break;
    await Promise.all(Array.from({ length: pollsAtOnceMax }, () => worker(queue)));
  }
  parts.finish();
  return polls;
}

/** A poll that fails counts as no receipt: its message is polled again, and the run fails in the end. */
async function pollOne(
  store: RetryingStore,
  provider: SmsProvider,
  poll: ReceiptPoll,
  now: number,
  parts: SweepParts,
): Promise<void> {
  const { pk, sk, message, since, pause } = poll;
  const TableName = tableName('messaging');
  const answered = (await parts.run(() => isAnswered(store, provider, poll, now))) ?? false;
  if (!answered && now - since < receiptTimeoutMs) {
    const next = Math.min(2 * pause, pauseMs.max);
    const Item: Item = { ...poll, ...pollKey(now + next, { id: message }), pause: next };
    await store.put({ TableName, Item });
  }
  await store.remove({ TableName, Key: { pk, sk } });
}

/** True if the receipt is final. */
async function isAnswered(
  store: RetryingStore,
  provider: SmsProvider,
  { tenant, message, providerId, to }: ReceiptPoll,
  now: number,
): Promise<boolean> {
  const receipt = await provider.fetchReceipt?.(providerId, to);
  if (receipt) await noteReceipts(store, [{ tenant, message, receipt }], now);
  return receipt !== undefined && receipt.state !== 'sent';
}

async function duePolls(store: RetryingStore, now: number, parts: SweepParts): Promise<ReceiptPoll[]> {
  const { items } = await store.query({
    TableName: tableName('messaging'),
    KeyConditionExpression: 'pk = :pk AND sk < :now',
    ExpressionAttributeValues: { ':pk': pollPartition, ':now': timestamp(now) },
    Limit: 500,
  });
  const polls = await Promise.all(items.map((item) => parts.run(() => asReceiptPoll(item))));
  return polls.flatMap((poll) => poll ?? []);
}
