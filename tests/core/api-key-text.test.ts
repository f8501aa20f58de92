import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hasChecksum, isKeyText, keyHash, newKeyText } from '../../core/http/api-key-text.ts';

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

test('a key has the form that secret scanners look for, also of the least and the greatest secret', () => {
  const extremes = [0x00, 0xff].map((byte) => (size: number) => Buffer.alloc(size, byte));
  for (const source of [randomBytes, ...extremes]) {
    const text = newKeyText(source);
    expect(text).toMatch(/^bh_[0-9A-Za-z]{49}$/);
    expect([isKeyText(text), hasChecksum(text)]).toEqual([true, true]);
  }
});

test('secrets that differ in one bit are different keys', () => {
  const texts = Array.from({ length: 200 }, (_, n) => {
    const secret = Buffer.alloc(32);
    // One bit of the 256, another each time.
    secret[n % 32] = 1 << (n % 8);
    return newKeyText(() => secret);
  });
  expect(new Set(texts).size).toBe(32);
  expect(new Set(texts.map(keyHash)).size).toBe(32);
});

test('a letter that is wrong, missing, added or swapped with its neighbour is told by the checksum', () => {
  const text = newKeyText(randomBytes);
  for (let at = 3; at < text.length; at++) {
    const [before, letter, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
    for (const other of letters)
      if (other !== letter) expect(hasChecksum(before + other + after)).toBe(false);
    expect(hasChecksum(before + after)).toBe(false);
    expect(hasChecksum(`${before}${letter}x${after}`)).toBe(false);
    const swapped = before + after.charAt(0) + letter + after.slice(1);
    if (swapped !== text) expect(hasChecksum(swapped)).toBe(false);
  }
});

test.each(['', 'bh_', `bh_${'0'.repeat(49)}`, `BH_${'0'.repeat(49)}`, 'eyJhbGciOiJSUzI1NiJ9.e30.x'])(
  '%j is no key',
  (text) => {
    expect(hasChecksum(text)).toBe(false);
  },
);
