import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { arn } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import { readEntries, writeEntries } from '../whole-file.ts';

/** A symmetric key of the local KMS. */
export interface LocalKey {
  readonly id: string;
  readonly isEnabled: boolean;
  /** Key material, 32 bytes in base64 each: the newest encrypts, and all decrypt, as after KMS's rotation. */
  readonly material: readonly string[];
}

/** Names and values that are authenticated with a ciphertext, and not part of it. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** The keys of the local run, stored in one file with mode 0600. */
export interface KeyStore {
  /** @param name a key's id or ARN, or an alias's name or ARN. */
  find(name: string): LocalKey | undefined;
  put(key: LocalKey): void;
  /** Keeps the names by which keys can be found besides. */
  alias(name: string, key: string): void;
}

export const keyArn = (id: string): string => arn('kms', `key/${id}`);

const drawMaterial = (): string => randomBytes(32).toString('base64');

/** The key with new material, as after a rotation. */
export const rotated = (key: LocalKey): LocalKey => ({ ...key, material: [...key.material, drawMaterial()] });

/** Opens the store of keys in this folder. */
export function openKeyStore(dataDir: string): KeyStore {
  const file = join(dataDir, 'kms.json');
  const keys = readEntries<LocalKey>(file);
  const aliases = new Map<string, string>();
  return {
    find(name) {
      const [, local = name] = /^arn:[^:]+:kms:[^:]*:[^:]*:(.+)$/.exec(name) ?? [];
      const id = aliases.get(local) ?? local;
      return keys.get(id.replace(/^key\//, ''));
    },
    put(key) {
      keys.set(key.id, key);
      writeEntries(file, keys);
    },
    alias(name, key) {
      aliases.set(name, key.replace(/^arn:.+:key\//, ''));
    },
  };
}

interface AliasProperties {
  readonly AliasName: string;
  readonly TargetKeyId: string;
}

/** Creates the keys of the template that do not exist yet; material is drawn once and kept. */
export function createKeys(stack: Stack, store: KeyStore): void {
  for (const { name } of stack.resources('AWS::KMS::Key'))
    if (!store.find(name)) store.put({ id: name, isEnabled: true, material: [drawMaterial()] });
  for (const { properties } of stack.resources<AliasProperties>('AWS::KMS::Alias'))
    store.alias(properties.AliasName, properties.TargetKeyId);
}

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** The context in one form, whatever the order of its names. */
const authenticated = (key: LocalKey, context: EncryptionContext): Buffer =>
  Buffer.from(JSON.stringify([key.id, Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))]));

const materialOf = ({ material }: LocalKey, place: number): Buffer | undefined =>
  material[place] === undefined ? undefined : Buffer.from(material[place], 'base64');

/**
 * Encrypts with the newest material.
 *
 * @returns length and id of the key, place of the material, IV, tag, ciphertext.
 */
export function encrypt(key: LocalKey, plaintext: Buffer, context: EncryptionContext): Buffer {
  const place = key.material.length - 1;
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, materialOf(key, place) ?? Buffer.alloc(0), iv);
  cipher.setAAD(authenticated(key, context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const id = Buffer.from(key.id);
  return Buffer.concat([Buffer.from([id.length]), id, Buffer.from([place]), iv, cipher.getAuthTag(), body]);
}

/** The id of the key that a ciphertext names. */
export const keyIdIn = (blob: Buffer): string => blob.subarray(1, 1 + (blob[0] ?? 0)).toString();

/** @returns `undefined` if the ciphertext was changed or cut, or encrypted with another context. */
export function decrypt(key: LocalKey, blob: Buffer, context: EncryptionContext): Buffer | undefined {
  const rest = blob.subarray(1 + (blob[0] ?? 0));
  const material = materialOf(key, rest[0] ?? key.material.length);
  if (!material || rest.length < 1 + ivBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, material, rest.subarray(1, 1 + ivBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(authenticated(key, context));
  decipher.setAuthTag(rest.subarray(1 + ivBytes, 1 + ivBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(rest.subarray(1 + ivBytes + tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
