import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { beforeAll, expect, test } from 'vitest';
import { noLimits } from '../../local/limits/limits.ts';
import type { Running } from '../../local/start.ts';
import { nameOf, rootConfig, scratch, startFixture } from './fixture/run.ts';

const dataDir = scratch();
let running: Running;
beforeAll(async () => {
  running = await startFixture({ dataDir, limits: noLimits });
});

const KeyId = 'alias/fixture-lock';
const EncryptionContext = { kind: 'letter', owner: 'Ada' };
const Plaintext = Buffer.from('the text');

const client = (accessKeyId = 'root') =>
  new KMSClient({
    ...rootConfig(running.awsEndpoint),
    credentials: { accessKeyId, secretAccessKey: 'local' },
  });
const as = (functionName: string) => client(nameOf(running, 'AWS::IAM::Role', `${functionName}ServiceRole`));

async function encrypted(context: Record<string, string> | undefined = EncryptionContext, kms = client()) {
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId, Plaintext, EncryptionContext: context }),
  );
  if (!CiphertextBlob) throw new Error('there is no ciphertext');
  return CiphertextBlob;
}

async function decrypted(CiphertextBlob: Uint8Array, context = EncryptionContext, kms = client()) {
  const answer = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));
  return Buffer.from(answer.Plaintext ?? []).toString();
}

test('a text comes back by the context that it was encrypted with, in whatever order', async () => {
  const blob = await encrypted();
  expect(Buffer.from(blob).includes('the text')).toBe(false);
  expect(await decrypted(blob)).toBe('the text');
  expect(await decrypted(blob, { owner: 'Ada', kind: 'letter' })).toBe('the text');
  expect(Buffer.from(await encrypted()).equals(Buffer.from(blob))).toBe(false);
});

test('another context, and a ciphertext that was changed or cut, is InvalidCiphertextException', async () => {
  const blob = await encrypted();
  const changed = blob.with(-1, (blob.at(-1) ?? 0) ^ 1);
  for (const attempt of [
    () => decrypted(blob, { kind: 'letter', owner: 'Eve' }),
    () => decrypted(blob, { kind: 'letter' } as typeof EncryptionContext),
    () => decrypted(changed),
    () => decrypted(blob.subarray(0, -3)),
    () => decrypted(Buffer.from('nonsense')),
  ])
    await expect(attempt()).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
});

test('sizes are those of KMS, and a key that is not there is NotFoundException', async () => {
  const encrypt = (bytes: number, key = KeyId) =>
    client().send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.alloc(bytes, 1) }));
  expect(await encrypt(4_096)).toHaveProperty('CiphertextBlob');
  for (const bytes of [0, 4_097])
    await expect(encrypt(bytes)).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(encrypt(1, 'alias/none')).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('a role encrypts or decrypts as it was granted, and only under the context of its conditions', async () => {
  const [encrypts, decrypts, neither] = [as('SendFunction'), as('EchoFunction'), as('StreamFunction')];
  const blob = await encrypted(EncryptionContext, encrypts);
  expect(await decrypted(blob, EncryptionContext, decrypts)).toBe('the text');
  const denied = { name: 'AccessDeniedException' };
  await expect(decrypted(blob, EncryptionContext, encrypts)).rejects.toMatchObject(denied);
  await expect(encrypted(EncryptionContext, decrypts)).rejects.toMatchObject(denied);
  await expect(encrypted(EncryptionContext, neither)).rejects.toMatchObject(denied);
  const contexts: Record<string, string>[] = [{ kind: 'other', owner: 'Ada' }, { kind: 'letter' }, {}];
  for (const context of contexts) await expect(encrypted(context, encrypts)).rejects.toMatchObject(denied);
});

test('what a key encrypted before a rotation is decrypted after it', async () => {
  const before = await encrypted();
  await client().send(new RotateKeyOnDemandCommand({ KeyId }));
  const after = await encrypted();
  expect(await decrypted(before)).toBe('the text');
  expect(await decrypted(after)).toBe('the text');
});

test('a disabled key neither encrypts nor decrypts until it is enabled', async () => {
  const blob = await encrypted();
  await client().send(new DisableKeyCommand({ KeyId }));
  const { KeyMetadata } = await client().send(new DescribeKeyCommand({ KeyId }));
  expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
  for (const attempt of [() => encrypted(), () => decrypted(blob)])
    await expect(attempt()).rejects.toMatchObject({ name: 'DisabledException' });
  await client().send(new EnableKeyCommand({ KeyId }));
  expect(await decrypted(blob)).toBe('the text');
});

test('limits throttle roles, and the root key passes them by', async () => {
  running.setLimits({ ...noLimits, kmsThrottledShare: 1 });
  await expect(encrypted(EncryptionContext, as('SendFunction'))).rejects.toMatchObject({
    name: 'ThrottlingException',
  });
  expect(await decrypted(await encrypted())).toBe('the text');
  running.setLimits(noLimits);
});

test('keys survive the run, in a file that nobody else may read', async () => {
  const blob = await encrypted();
  await running.stop();
  running = await startFixture({ dataDir, limits: noLimits });
  expect(await decrypted(blob)).toBe('the text');
  const file = join(dataDir, 'kms.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain('the text');
});
