import { createHmac, randomBytes } from 'node:crypto';

/** A new secret: 32 random bytes, within the 24 to 64 that Standard Webhooks asks for. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/**
 * The headers that prove where a message comes from (Standard Webhooks, "Signature scheme").
 *
 * @param secret `whsec_` and the key in base64.
 * @param now milliseconds since the epoch: the instant of this attempt.
 */
export function signatureHeaders(
  id: string,
  body: string,
  secret: string,
  now: number,
): Record<string, string> {
  const seconds = Math.floor(now / 1000);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}
