import { timestamp } from '../../../../core/clock.ts';
import type { Item } from '../../../../core/dynamo/store.ts';
import { messagesPerPack, type ReceiptCounts } from '../batch.ts';
import type { FinalReceipt } from '../providers/provider.ts';

/** A final receipt as it is kept: with its time, RFC 3339. */
export type KeptReceipt = FinalReceipt & { at: string };

/**
 * Each message of a pack has an attribute of the pack's receipts, so that `SET … = if_not_exists(…)` keeps
 * its first final receipt: once, whatever comes twice, and without a transaction. Its text is short, so that
 * all of a pack fit in the kilobyte of one write unit: `d` or `f`, the time in milliseconds in base 36, and
 * the code of a failure.
 */
export const receiptAttribute = (n: number): string => `m${n % messagesPerPack}`;

const attributePattern = /^m\d{1,2}$/;
const textPattern = /^([df])([0-9a-z]{8,9})(?: (.*))?$/s;

/** A final receipt as the text of its attribute. @param now milliseconds since the epoch. */
export function receiptText(receipt: FinalReceipt, now: number): string {
  const time = Math.floor(now).toString(36).padStart(8, '0');
  return receipt.state === 'delivered' ? `d${time}` : `f${time} ${receipt.code}`;
}

/** Reads the text of an attribute; `undefined` for one that is absent. @throws Error for another text. */
export function keptReceipt(text: unknown): KeptReceipt | undefined {
  if (text === undefined) return undefined;
  const [, letter, time = '', code = 'FAILED'] = textPattern.exec(String(text)) ?? [];
  if (letter === undefined) throw new Error('a receipt is stored in another form');
  const at = timestamp(Number.parseInt(time, 36));
  return letter === 'd' ? { state: 'delivered', at } : { state: 'failed', code, at };
}

/** The kept receipt of message `n`, in the item of its pack. */
export const receiptIn = (pack: Item | undefined, n: number): KeptReceipt | undefined =>
  keptReceipt(pack?.[receiptAttribute(n)]);

/** Counts the receipts in the item of a pack. */
export function countsIn(pack: Item): ReceiptCounts {
  const texts = Object.entries(pack).filter(([name]) => attributePattern.test(name));
  const failed = texts.filter(([, text]) => keptReceipt(text)?.state === 'failed').length;
  return { delivered: texts.length - failed, failed };
}
