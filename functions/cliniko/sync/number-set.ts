import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * A set of whole numbers from 0, packed: a deflated bitmap. Numbers of an organisation's patients are given
 * out one after another, so those of 20,000 patients take some dozens of bytes, and with one in ten left out
 * by chance 1.5 KB.
 */
export type PackedNumbers = Uint8Array<ArrayBuffer>;

export const noNumbers: PackedNumbers = new Uint8Array();

const bitmapOf = (packed: PackedNumbers): Uint8Array =>
  packed.length === 0 ? new Uint8Array() : inflateRawSync(packed);

/** Tells for a number whether a packed set has it. */
export function numbersIn(packed: PackedNumbers): (number: number) => boolean {
  const bitmap = bitmapOf(packed);
  return (number) => (((bitmap[number >> 3] ?? 0) >> (number & 7)) & 1) === 1;
}

/** A packed set with more numbers. */
export function withNumbers(packed: PackedNumbers, more: readonly number[]): PackedNumbers {
  if (more.length === 0) return packed;
  const before = bitmapOf(packed);
  const largest = more.reduce((one, other) => Math.max(one, other));
  const bitmap = new Uint8Array(Math.max(before.length, (largest >> 3) + 1));
  bitmap.set(before);
  for (const number of more) bitmap[number >> 3] = (bitmap[number >> 3] ?? 0) | (1 << (number & 7));
  return new Uint8Array(deflateRawSync(bitmap));
}
