import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** The nonce of AES-GCM (NIST SP 800-38D §8.2.2, drawn at random) and its tag, in bytes. */
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const algorithm = 'aes-256-gcm';

/**
 * The key that seals the kept answer of one call: only a caller who sends the text of the idempotency key
 * again can derive it (HKDF, RFC 5869). Of that text the table has no more than a digest, so a sealed answer
 * is as safe from its readers as the text is hard to guess.
 *
 * @param scope what the idempotency key is unique within.
 */
export const answerKeyOf = (text: string, scope: readonly string[]): Buffer =>
  Buffer.from(hkdfSync('sha256', text, '', `kept answer ${JSON.stringify(scope)}`, keyBytes));

/** Encrypts bytes: nonce, tag and ciphertext in one. */
export function seal(bytes: Buffer, key: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** Decrypts what `seal` made. @throws Error if the key is another, or a bit was changed. */
export function unseal(sealed: Buffer, key: Buffer): Buffer {
  const textAt = nonceBytes + tagBytes;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(sealed.subarray(nonceBytes, textAt));
  return Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()]);
}
