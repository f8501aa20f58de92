import { rootAccessKey } from '../account.ts';
import type { Guard } from '../iam/guard.ts';
import type { Limits } from '../limits/limits.ts';
import { randomOf } from '../random.ts';
import {
  decrypt,
  type EncryptionContext,
  encrypt,
  type KeyStore,
  keyArn,
  keyIdIn,
  type LocalKey,
  rotated,
} from './kms-keys.ts';
import { type AwsAnswer, AwsError, type AwsService, jsonAnswer, operationOf } from './service.ts';

/** Bytes of a plaintext that a symmetric key encrypts (KMS API reference, Encrypt). */
const plaintextBytesMax = 4_096;

/** Bytes of a ciphertext (KMS API reference, Decrypt). */
const ciphertextBytesMax = 6_144;

/** Bytes of an encryption context as JSON (KMS developer guide, "Encryption context"). */
const contextBytesMax = 8_192;

interface KmsRequest {
  readonly KeyId?: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: EncryptionContext;
}

/** Condition keys of a request, as the policies of roles name them. */
const conditionsOf = (context: EncryptionContext): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(context).map(([name, value]) => [`kms:encryptioncontext:${name}`.toLowerCase(), [value]]),
  );

/**
 * KMS: encrypt and decrypt with symmetric keys and an encryption context; describe, rotate, disable and
 * enable a key. Key policies and grants are not modelled: roles decide who may use a key.
 *
 * @param limits asked for at each request, so that they can change meanwhile. The root key passes them by.
 */
export function kmsService(keys: KeyStore, guard: Guard, limits: () => Limits): AwsService {
  const random = randomOf(limits().seed);
  return async (request) => {
    const operation = operationOf(request);
    const input = JSON.parse(request.body.toString()) as KmsRequest;
    const context = input.EncryptionContext ?? {};
    const blob = Buffer.from(input.CiphertextBlob ?? '', 'base64');
    const named = input.KeyId ?? (operation === 'Decrypt' ? keyIdIn(blob) : '');
    const key = keys.find(named);
    const resource = named.startsWith('arn:') && !key ? named : keyArn(key?.id ?? named);
    guard(request.principal, [{ action: `kms:${operation}`, resource, context: conditionsOf(context) }]);
    if (request.principal !== rootAccessKey && random() < limits().kmsThrottledShare)
      throw new AwsError('ThrottlingException', 'You have exceeded the rate at which you may call KMS.');
    if (!key) throw unknownKey(operation, input, resource);
    return answerTo(operation, { keys, key, input, context, blob });
  };
}

interface Asked {
  readonly keys: KeyStore;
  readonly key: LocalKey;
  readonly input: KmsRequest;
  readonly context: EncryptionContext;
  readonly blob: Buffer;
}

function answerTo(operation: string, { keys, key, input, context, blob }: Asked): AwsAnswer {
  const KeyId = keyArn(key.id);
  switch (operation) {
    case 'Encrypt': {
      assertUsable(key, context);
      const plaintext = Buffer.from(input.Plaintext ?? '', 'base64');
      refuseBytes('plaintext', plaintext.length, plaintextBytesMax);
      const CiphertextBlob = encrypt(key, plaintext, context).toString('base64');
      return jsonAnswer({ CiphertextBlob, KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    }
    case 'Decrypt': {
      assertUsable(key, context);
      refuseBytes('ciphertextBlob', blob.length, ciphertextBytesMax);
      if (keyIdIn(blob) !== key.id && keys.find(keyIdIn(blob)))
        throw new AwsError(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      const plaintext = decrypt(key, blob, context);
      if (!plaintext) throw new AwsError('InvalidCiphertextException', '');
      const Plaintext = plaintext.toString('base64');
      return jsonAnswer({ Plaintext, KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    }
    case 'DescribeKey':
      return jsonAnswer({
        KeyMetadata: {
          ...{ KeyId: key.id, Arn: KeyId, Enabled: key.isEnabled, KeyUsage: 'ENCRYPT_DECRYPT' },
          KeyState: key.isEnabled ? 'Enabled' : 'Disabled',
        },
      });
    case 'RotateKeyOnDemand':
      keys.put(rotated(key));
      return jsonAnswer({ KeyId: key.id });
    case 'DisableKey':
    case 'EnableKey':
      keys.put({ ...key, isEnabled: operation === 'EnableKey' });
      return jsonAnswer({});
    default:
      throw new AwsError('NotImplemented', `The local KMS has no ${operation}`, 501);
  }
}

/** A ciphertext without a key is none of KMS; a key that is asked for by name is missing. */
const unknownKey = (operation: string, { KeyId }: KmsRequest, resource: string): AwsError =>
  operation === 'Decrypt' && KeyId === undefined
    ? new AwsError('InvalidCiphertextException', '')
    : new AwsError('NotFoundException', `Key '${resource}' does not exist`);

function assertUsable(key: LocalKey, context: EncryptionContext): void {
  if (!key.isEnabled) throw new AwsError('DisabledException', `${keyArn(key.id)} is disabled.`);
  refuseBytes('encryptionContext', Buffer.byteLength(JSON.stringify(context)), contextBytesMax);
}

function refuseBytes(field: string, bytes: number, bytesMax: number): void {
  if (bytes > 0 && bytes <= bytesMax) return;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must have length less than or equal to ${bytesMax} and greater than or equal to 1`,
  );
}
