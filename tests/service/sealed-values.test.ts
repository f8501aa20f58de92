import { randomUUID } from 'node:crypto';
import {
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { assertVersion } from '../../core/dynamo/version.ts';
import { openValue, type SealedPlace, sealValue } from '../../core/sealed-value.ts';
import { webhookWorkers } from '../../functions/webhooks/workers.ts';
import { noLimits } from '../../local/limits/limits.ts';
import { type Clinic, clinic, ok, pause, sync } from '../cliniko/fixtures.ts';
import type { Person } from '../people.ts';
import { rootClient } from '../root-client.ts';
import { isSigned, receiver } from '../webhooks/receiver.ts';
import { type Own, ownServiceOfFile } from './own.ts';
import { runWorker } from './run-worker.ts';
import { tablesOf } from './tables.ts';

let service: Own;
beforeAll(async () => {
  service = await ownServiceOfFile({ limits: noLimits, environment: { WEBHOOK_LOOPBACK: 'true' } });
});
afterEach(async () => {
  service.running.setLimits(noLimits);
  await kms().send(new EnableKeyCommand({ KeyId }));
});

const KeyId = 'alias/bulkhead-local-sealing';
const kms = () => new KMSClient(rootClient(service.running.awsEndpoint));
const secretsManager = () => new SecretsManagerClient(rootClient(service.running.awsEndpoint));
const tables = () => tablesOf(service.running);
const throttleKms = () => service.running.setLimits({ ...noLimits, kmsThrottledShare: 1 });

const place = (): Promise<Clinic> => clinic({ patients: 3 }, { url: service.running.url });

const connect = ({ admin, orgId }: Clinic) => admin.api.cliniko.testConnection({ params: { orgId } });
const put = ({ admin, orgId }: Pick<Clinic, 'admin' | 'orgId'>, api_key?: string) =>
  admin.api.cliniko.putSettings({
    params: { orgId },
    body: { name: 'Surf Rehab', contact_email: 'it@surf.example.com', api_key },
  });
const register = async ({ api }: Person, url: string) =>
  ok(await api.webhooks.create({ body: { url, events: ['sync.completed', 'sync.failed'] } }));

type Item = Record<string, unknown>;
const one = (items: Item[], what: string): Item => {
  if (items.length !== 1) throw new Error(`${items.length} items of ${what}`);
  return items[0] as Item;
};
const settingsOf = async ({ admin, orgId }: Pick<Clinic, 'admin' | 'orgId'>): Promise<Item> => {
  const pk = `ORG#${orgId}#${admin.tenantId}`;
  const items = await tables().scan('cliniko');
  return one(
    items.filter((item) => item.pk === pk && item.sk === 'SETTINGS'),
    pk,
  );
};
const webhookOf = async ({ tenantId }: Person, id: string): Promise<Item> => {
  const items = await tables().scan('webhooks');
  return one(
    items.filter((item) => item.pk === `TENANT#${tenantId}` && item.sk === `WEBHOOK#${id}`),
    id,
  );
};
const secretNames = async () =>
  (await secretsManager().send(new ListSecretsCommand({}))).SecretList?.map(({ Name }) => Name) ?? [];

/** Writes an item and its secret as the version before stored them. */
async function asBefore(table: string, item: Item, name: string, value: string): Promise<void> {
  const { v: _v, sealed_key: _key, sealed_secret: _secret, ...before } = item;
  await tables().move(table, item, { ...item, pk: 'moved' });
  await tables().move(table, { ...before, pk: 'moved' }, { pk: item.pk });
  await secretsManager().send(
    new CreateSecretCommand({ Name: `bulkhead/local/${name}`, SecretString: value }),
  );
}

test('an API key and the secret of a webhook are in their items, encrypted, and in no table in clear', async () => {
  const own = await place();
  const { id, secret } = await register(own.admin, 'https://one.example.com/hook');
  const [settings, webhook] = [await settingsOf(own), await webhookOf(own.admin, id)];
  expect(settings).toMatchObject({ v: 2, sealed_key: expect.any(String) });
  expect(webhook).toMatchObject({ v: 2, sealed_secret: expect.any(String) });
  for (const name of ['cliniko', 'webhooks', 'guards', 'operations']) {
    const text = JSON.stringify(await tables().scan(name));
    expect(text).not.toContain(own.account.apiKey);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('whsec_');
  }
  expect(await secretNames()).toEqual(expect.not.arrayContaining([expect.stringContaining(id)]));
  for (const answer of [await put(own), await own.admin.api.cliniko.getSettings({ params: own })])
    expect(JSON.stringify(ok(answer))).not.toMatch(/sealed|-au1/);
  expect(JSON.stringify(ok(await own.admin.api.webhooks.list()))).not.toMatch(/sealed|whsec_/);
  // The version before refuses to read the items, so it cannot drop what it does not know.
  expect(() => assertVersion(settings, 'setting of an organisation')).toThrow(
    'has version 2, and this code reads versions up to 1',
  );
});

test('a ciphertext works in its own place only: not for another tenant, organisation or webhook', async () => {
  const [own, foreign] = [await place(), await place()];
  const other = { ...own, orgId: 'other' };
  ok(await put(other, own.account.apiKey));
  const { sealed_key } = await settingsOf(own);
  for (const victim of [foreign, other]) {
    const { pk, sk } = await settingsOf(victim);
    await tables().set('cliniko', { pk, sk }, 'sealed_key', sealed_key);
    const answer = await connect(victim);
    expect([answer.status, answer.body]).toMatchObject([500, { error_code: 'INTERNAL_ERROR' }]);
  }
  expect((await connect(own)).status).toBe(200);
  const log = JSON.stringify(service.running.logs());
  expect(log).toContain('InvalidCiphertextException');
  expect(log).not.toContain(own.account.apiKey);
  expect(log).not.toContain(String(sealed_key));
});

test('a function opens values of its own kind alone, and none that seals may open', async () => {
  const own = await place();
  const CiphertextBlob = Buffer.from(String((await settingsOf(own)).sealed_key), 'base64');
  const EncryptionContext = { kind: 'sealedClinikoKeys', tenant: own.admin.tenantId, id: own.orgId };
  const open = async (role: string) => {
    const found = service.running.stack
      .resources('AWS::IAM::Role')
      .find(({ logicalId }) => logicalId.startsWith(`${role}Role`));
    const credentials = { accessKeyId: found?.name ?? 'none', secretAccessKey: 'local' };
    const client = new KMSClient({ ...rootClient(service.running.awsEndpoint), credentials });
    return await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })).then(
      ({ Plaintext }) => Buffer.from(Plaintext ?? []).toString(),
      (error: Error) => error.name,
    );
  };
  expect(await open('clinikotestConnection')).toBe(own.account.apiKey);
  for (const role of ['clinikoputSettings', 'clinikogetSettings', 'webhooksdeliver', 'webhookscreate'])
    expect([role, await open(role)]).toEqual([role, 'AccessDeniedException']);
});

test('after the key was rotated, what it encrypted before still works, and so does what is new', async () => {
  const [before, after] = [await place(), await place()];
  await kms().send(new RotateKeyOnDemandCommand({ KeyId }));
  ok(await put(after, after.account.apiKey));
  for (const own of [before, after]) expect((await connect(own)).status).toBe(200);
});

test('a container uses an opened value for five minutes without KMS, and not longer', async () => {
  Object.assign(process.env, {
    ...{ AWS_ENDPOINT_URL: service.running.awsEndpoint, AWS_REGION: 'us-east-1', SEALING_KEY: KeyId },
    ...{ AWS_ACCESS_KEY_ID: 'root', AWS_SECRET_ACCESS_KEY: 'local' },
  });
  const own: SealedPlace = { kind: 'sealedWebhookSecrets', tenant: 'Müller', id: '1' };
  const sealed = await sealValue(own, 'Schlüssel');
  const now = Date.now();
  expect(await openValue(own, sealed, now)).toBe('Schlüssel');
  await kms().send(new DisableKeyCommand({ KeyId }));
  expect(await openValue(own, sealed, now + 299_000)).toBe('Schlüssel');
  const outcome = (where: SealedPlace, at: number) =>
    openValue(where, sealed, at).catch((error: Error) => error.name);
  // What is cached for one place is not given to another.
  expect(await outcome({ ...own, tenant: 'Maier' }, now)).toBe('SecretUnavailable');
  expect(await outcome(own, now + 300_000)).toBe('SecretUnavailable');
});

test('a replaced API key is used at once', async () => {
  const [own, other] = [await place(), await place()];
  ok(await connect(own));
  await put(own, other.account.apiKey);
  const calls = async () => (await other.account.look()).calls;
  const before = await calls();
  ok(await connect(own));
  expect(await calls()).toBeGreaterThan(before);
});

test('while KMS throttles or the key is disabled, callers get 503 with Retry-After, and nothing is stored', async () => {
  const own = await place();
  const stored = await settingsOf(own);
  const disable = async () => void (await kms().send(new DisableKeyCommand({ KeyId })));
  for (const fault of [throttleKms, disable]) {
    await fault();
    const secretAnswers = [
      await put(own, `new-${randomUUID()}-au1`),
      await put({ ...own, orgId: 'new' }, `new-${randomUUID()}-au1`),
      await own.admin.api.webhooks.create({
        body: { url: 'https://one.example.com/hook', events: ['sync.failed'] },
      }),
      await connect(own),
    ];
    for (const { status, headers, body } of secretAnswers) {
      expect([status, body]).toMatchObject([503, { message: 'The request could not be finished in time' }]);
      expect(headers.get('retry-after')).toBe('5');
    }
    service.running.setLimits(noLimits);
    await kms().send(new EnableKeyCommand({ KeyId }));
    expect(await settingsOf(own)).toEqual(stored);
    expect(ok(await own.admin.api.webhooks.list()).webhooks).toEqual([]);
    expect((await own.admin.api.cliniko.getSettings({ params: { orgId: 'new' } })).status).toBe(404);
  }
  expect((await connect(own)).status).toBe(200);
});

test('a sync waits while KMS throttles, and goes on when it does not', { timeout: 120_000 }, async () => {
  const own = await place();
  throttleKms();
  const ended = sync(own);
  await pause(1_500);
  expect(service.running.logs().some(({ text }) => text.includes('SecretUnavailable'))).toBe(true);
  service.running.setLimits(noLimits);
  expect(await ended).toMatchObject({ status: 'completed' });
});

test('a message to a webhook stays stored while KMS throttles, and is then sent once, signed', async () => {
  const [{ admin }, target] = [await place(), await receiver(204)];
  const { id: webhook, secret } = await register(admin, target.url);
  const id = randomUUID();
  const delivery = {
    ...{ id, tenant: admin.tenantId, webhook, body: '{}', attempts: 0, started: 1 },
    due_at: new Date().toISOString(),
  };
  const key = { pk: 'DELIVERIES', sk: id };
  await tables().move('webhooks', { pk: 'none', sk: 'none' }, { ...key, ...delivery });
  const deliver = () => runWorker(service.running, webhookWorkers.deliver, { delivery: id });
  const isStored = async () => (await tables().scan('webhooks')).some(({ sk }) => sk === id);
  throttleKms();
  expect(await deliver()).toMatchObject({ kind: 'failure', error: { errorType: 'SecretUnavailable' } });
  expect([await isStored(), target.received.length]).toEqual([true, 0]);
  service.running.setLimits(noLimits);
  expect(await deliver()).toMatchObject({ kind: 'answer' });
  const [message] = await target.until(1);
  expect(message && isSigned(message, secret)).toBe(true);
  expect([await isStored(), target.received.length]).toEqual([false, 1]);
  target.close();
});

test('an API key that is still in Secrets Manager is read there, moved by the next change, and then gone there', async () => {
  const own = await place();
  const settings = await settingsOf(own);
  const name = `clinikoKeys/${String(settings.secret)}`;
  await asBefore('cliniko', settings, name, own.account.apiKey);
  expect(await settingsOf(own)).not.toHaveProperty('sealed_key');
  ok(await connect(own));
  expect(await sync(own)).toMatchObject({ status: 'completed' });
  expect(await secretNames()).toContain(`bulkhead/local/${name}`);
  ok(await put(own));
  expect(await settingsOf(own)).toMatchObject({ v: 2, secret: settings.secret });
  expect(await secretNames()).not.toContain(`bulkhead/local/${name}`);
  ok(await connect(own));
});

test('a new API key replaces one that is still in Secrets Manager', async () => {
  const [own, other] = [await place(), await place()];
  const settings = await settingsOf(own);
  const name = `clinikoKeys/${String(settings.secret)}`;
  await asBefore('cliniko', settings, name, own.account.apiKey);
  ok(await put(own, other.account.apiKey));
  expect(await secretNames()).not.toContain(`bulkhead/local/${name}`);
  ok(await connect(own));
});

test('a webhook whose secret is still in Secrets Manager signs with it, and takes it along when it is deleted', async () => {
  const [own, target] = [await place(), await receiver(204)];
  const { id } = await register(own.admin, target.url);
  const secret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
  await asBefore('webhooks', await webhookOf(own.admin, id), `webhookSecrets/${id}`, secret);
  await sync(own);
  const [message] = await target.until(1);
  expect(message && isSigned(message, secret)).toBe(true);
  ok(await own.admin.api.webhooks.removeById({ params: { id } }));
  expect(await secretNames()).not.toContain(`bulkhead/local/webhookSecrets/${id}`);
  target.close();
});
