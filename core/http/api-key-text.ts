import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * The text of an API key: a prefix, 256 random bits and their checksum, in letters and digits only, so that a
 * double click selects it and secret scanners find it by `bh_[0-9A-Za-z]{49}` without false alarms. The form
 * is that of GitHub's tokens ("Behind GitHub's new authentication token formats", 2021).
 */
const prefix = 'bh_';
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const secretBytes = 32;
/** Digits of base 62 that 256 bits need. */
const secretDigits = 43;
/** Digits of base 62 that a CRC-32 needs. */
const checksumDigits = 6;

function base62(value: bigint, length: number): string {
  const base = BigInt(digits.length);
  let [text, rest] = ['', value];
  for (let place = 0; place < length; place++) {
    text = digits.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text;
}

const checksumOf = (text: string): string => base62(BigInt(crc32(text)), checksumDigits);

/** Makes the text of a new key. @param randomBytes `crypto.randomBytes`, which tests replace. */
export function newKeyText(randomBytes: (size: number) => Buffer): string {
  const secret = BigInt(`0x${randomBytes(secretBytes).toString('hex')}`);
  const text = prefix + base62(secret, secretDigits);
  return text + checksumOf(text);
}

/** True for a bearer token that claims to be an API key: no JWT begins so. */
export const isKeyText = (token: string): boolean => token.startsWith(prefix);

/** True if a text can be a key: a typing error is told by the checksum, without a read. */
export const hasChecksum = (text: string): boolean =>
  text.length === prefix.length + secretDigits + checksumDigits &&
  text.endsWith(checksumOf(text.slice(0, -checksumDigits)));

/**
 * The hash under which a key is stored. One round of SHA-256 without a salt suffices, since texts of 256
 * random bits cannot be tried out: salts and slow hashes are for passwords, which people choose.
 */
export const keyHash = (text: string): string => createHash('sha256').update(text).digest('base64url');
