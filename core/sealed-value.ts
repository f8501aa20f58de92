import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { LRUCache } from 'lru-cache';
import { clientSettings } from './aws-client.ts';
import { type SealedKind, sealingKeyVariable } from './contract/resources.ts';
import { setting } from './environment.ts';
import { present } from './invariant.ts';
import { reached } from './secret-unavailable.ts';

/**
 * The place of a sealed value, as KMS authenticates it (encryption context): a ciphertext that was moved to
 * another place cannot be opened there. KMS writes it into CloudTrail, so it holds ids and nothing personal.
 */
export interface SealedPlace {
  readonly kind: SealedKind;
  readonly tenant: string;
  /** Of the organisation or webhook within the tenant. */
  readonly id: string;
}

/** Milliseconds for which a container caches an opened value: KMS bills each request. */
const cacheMs = 5 * 60 * 1000;

/** Number of opened values that a container caches: far more than it works for within five minutes. */
const openedValuesMax = 1_000;

const opened = new LRUCache<string, { value: string; openedAt: number }>({ max: openedValuesMax });

let client: KMSClient | undefined;

function kms(): KMSClient {
  client ??= new KMSClient(clientSettings);
  return client;
}

const keyOf = ({ kind }: SealedPlace): string =>
  setting(sealingKeyVariable, `add \`${kind}\` to the \`uses\` of this contract`);

const contextOf = ({ kind, tenant, id }: SealedPlace): Record<string, string> => ({ kind, tenant, id });

/**
 * Encrypts a value by the stage's KMS key, to be stored in the item of its place.
 *
 * @param value 1 to 4,096 bytes as UTF-8 (KMS API reference, Encrypt).
 * @returns the ciphertext in base64, another one each time.
 * @throws SecretUnavailable while KMS or the key cannot be used.
 */
export async function sealValue(place: SealedPlace, value: string): Promise<string> {
  const { CiphertextBlob } = await reached(
    kms().send(
      new EncryptCommand({
        KeyId: keyOf(place),
        Plaintext: Buffer.from(value),
        EncryptionContext: contextOf(place),
      }),
    ),
  );
  return Buffer.from(present(CiphertextBlob, 'KMS answers with a ciphertext')).toString('base64');
}

/**
 * Decrypts a sealed value. It is cached for five minutes under its ciphertext, so a value that was replaced
 * is never used in place of the new one.
 *
 * @param now milliseconds since the epoch.
 * @throws SecretUnavailable while KMS or the key cannot be used; InvalidCiphertextException if the value was
 * sealed for another place.
 */
export async function openValue(place: SealedPlace, sealed: string, now: number): Promise<string> {
  const name = JSON.stringify([contextOf(place), sealed]);
  const known = opened.get(name);
  if (known && now - known.openedAt < cacheMs) return known.value;
  const { Plaintext } = await reached(
    kms().send(
      new DecryptCommand({
        KeyId: keyOf(place),
        CiphertextBlob: Buffer.from(sealed, 'base64'),
        EncryptionContext: contextOf(place),
      }),
    ),
  );
  const value = Buffer.from(present(Plaintext, 'KMS answers with a plaintext')).toString();
  opened.set(name, { value, openedAt: now });
  return value;
}
