import { beforeAll, expect, test } from 'vitest';
import type { EventName } from '../../core/webhook/webhook.ts';
import { nextAttempt } from '../../functions/webhooks/next-attempt.ts';
import { isPublicAddress, receiverAddress } from '../../functions/webhooks/receiver-address.ts';
import { isReceiver, sendWebhook } from '../../functions/webhooks/send-webhook.ts';
import { signatureHeaders } from '../../functions/webhooks/signature.ts';
import { webhookWorkers } from '../../functions/webhooks/workers.ts';
import { type Clinic, clinic, ok, pause, sync } from '../cliniko/fixtures.ts';
import { type Person, somebody } from '../people.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { verified } from '../service/verified.ts';
import { isSigned, receiver, receiverWith } from './receiver.ts';

let service: Own;
// Only this setting lets a message reach a receiver on this machine.
beforeAll(async () => {
  service = await ownServiceOfFile({ environment: { WEBHOOK_LOOPBACK: 'true' } });
});

const hook = async ({ api }: Person, url: string, events: EventName[] = ['sync.completed', 'sync.failed']) =>
  ok(await api.webhooks.create({ body: { url, events } }));

const place = (faults: { name: string }[] = []): Promise<Clinic> =>
  clinic({ patients: 30, faults }, { url: service.running.url });

test('tells of a completed sync, with a signature that the receiver can check', async () => {
  const [clinic, target] = [await place(), await receiver(204)];
  const { secret } = await hook(clinic.admin, target.url);
  const log = await sync(clinic);
  const [message] = await target.until(1);
  expect(message && isSigned(message, secret)).toBe(true);
  expect(message && isSigned({ ...message, body: `${message.body} ` }, secret)).toBe(false);
  expect(JSON.parse(message?.body ?? '')).toEqual({
    event: 'sync.completed',
    organization_id: 123,
    data: {
      sync_log_id: log.id,
      operation_type: 'full_patients',
      patients_synced: 30,
      duration: expect.stringMatching(/^\d+s$/),
      success_rate: 100,
    },
  });
  target.close();
});

test('tells of a failed sync only those who asked for that', async () => {
  const clinic = await place([{ name: 'forbidden' }]);
  const [failures, successes] = [await receiver(200), await receiver(200)];
  await hook(clinic.admin, failures.url, ['sync.failed']);
  await hook(clinic.admin, successes.url, ['sync.completed']);
  await sync(clinic);
  const [message] = await failures.until(1);
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    event: 'sync.failed',
    data: { error_code: 'CLINIKO_FORBIDDEN', patients_synced: 0 },
  });
  await pause(500);
  expect(successes.received).toEqual([]);
  failures.close();
  successes.close();
});

test('repeats a message under the same id until it is taken, and follows no redirect', {
  timeout: 60_000,
}, async () => {
  const [clinic, target] = [await place(), await receiver(302, 200)];
  const { secret } = await hook(clinic.admin, target.url);
  await sync(clinic);
  const [first, second] = await target.until(2);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(second?.body).toBe(first?.body);
  expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThan(
    Number(first?.headers['webhook-timestamp']),
  );
  expect([first, second].every((message) => message && isSigned(message, secret))).toBe(true);
  target.close();
});

test('sends nothing more to a receiver that is gone', async () => {
  const [clinic, target] = [await place([{ name: 'forbidden' }]), await receiver(410)];
  const { id } = await hook(clinic.admin, target.url);
  await sync(clinic);
  await target.until(1);
  const isEnabled = async () =>
    ok(await clinic.admin.api.webhooks.list()).webhooks.find((webhook) => webhook.id === id)?.enabled;
  while (await isEnabled()) await pause(50);
  await sync(clinic);
  await pause(500);
  expect(target.received).toHaveLength(1);
  target.close();
});

test('delivers after a crash what was not taken before it', { timeout: 120_000 }, async () => {
  const [clinic, target] = [await place(), await receiver(500, 200)];
  await hook(clinic.admin, target.url);
  await sync(clinic);
  await target.until(1);
  await service.crashAndRestart();
  // A message that was due counts as forgotten half a minute later.
  await pause(40_000);
  await runWorker(service.running, webhookWorkers.sweep);
  const [first, second] = await target.until(2);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(await verified(service.running)).toEqual([]);
  target.close();
});

test('keeps webhooks of tenants and organisations apart, and removes them by id or address', async () => {
  const { admin } = await place();
  const { tenantId, url } = admin;
  const manager = await somebody({ role: 'manager', tenantId, url, claims: { organization_id: '9' } });
  const viewer = await somebody({ role: 'viewer', tenantId, url, claims: { organization_id: '9' } });
  const stranger = await somebody({ role: 'admin', url });
  const first = await hook(admin, 'https://one.example.com/hook');
  const second = await hook(manager, 'https://two.example.com/hook');
  expect(second).toMatchObject({
    organization_id: 9,
    enabled: true,
    secret: expect.stringMatching(/^whsec_/),
  });
  const seenBy = async ({ api }: Person) => ok(await api.webhooks.list()).webhooks;
  expect((await seenBy(admin)).map(({ id }) => id).toSorted()).toEqual([first.id, second.id].toSorted());
  expect((await seenBy(viewer)).map(({ id }) => id)).toEqual([second.id]);
  expect(JSON.stringify(await seenBy(admin))).not.toContain('whsec_');
  expect(await seenBy(stranger)).toEqual([]);
  for (const who of [stranger, manager]) {
    const refused = await who.api.webhooks.removeById({ params: { id: first.id } });
    expect([refused.status, refused.body]).toMatchObject([404, { error: true, error_code: 'NOT_FOUND' }]);
  }
  expect((await viewer.api.webhooks.remove({ body: { id: second.id } })).status).toBe(403);
  ok(await admin.api.webhooks.remove({ body: { url: 'https://one.example.com/hook' } }));
  ok(await admin.api.webhooks.removeById({ params: { id: second.id } }));
  expect(await seenBy(admin)).toEqual([]);
});

test('registers an address once, for the tenant and for each organisation', async () => {
  const { admin } = await place();
  const { tenantId, url } = admin;
  const manager = await somebody({ role: 'manager', tenantId, url, claims: { organization_id: '9' } });
  const body = { url: 'https://one.example.com/hook', events: ['sync.failed' as const] };
  ok(await admin.api.webhooks.create({ body }));
  ok(await manager.api.webhooks.create({ body }));
  for (const { api } of [admin, manager]) {
    const again = await api.webhooks.create({ body });
    expect([again.status, again.body]).toMatchObject([409, { error: true, error_code: 'WEBHOOK_EXISTS' }]);
  }
  expect(ok(await admin.api.webhooks.list()).webhooks).toHaveLength(2);
});

test('an address in another spelling is the same address', async () => {
  const { admin } = await place();
  const events = ['sync.failed' as const];
  const first = await hook(admin, 'https://One.Example.com:443/a/./hook#part');
  expect(first.url).toBe('https://one.example.com/a/hook');
  for (const url of [
    'https://one.example.com/a/hook',
    'HTTPS://ONE.EXAMPLE.COM/a/hook',
    'https://one.example.com:443/a/hook',
    'https://one.example.com/b/../a/hook',
    '  https://one.example.com/a/hook ',
    'https://one.example.com/a/hook#other',
    'https://one.example.com./a/hook',
    'https://one.example.com/a/hook?',
    'https://ｏｎｅ.example.com/a/hook',
    'https://one\u200b.example.com/a/hook',
    'https://one.example.com/%61/h%6Fok',
    'https:\\\\one.example.com\\a\\hook',
  ]) {
    const again = await admin.api.webhooks.create({ body: { url, events } });
    expect({ url, status: again.status, body: again.body }).toMatchObject({
      ...{ url, status: 409 },
      body: { error_code: 'WEBHOOK_EXISTS' },
    });
  }
  for (const url of [
    'https://one.example.com/a/hook/',
    'https://one.example.com/A/hook',
    'https://one.example.com:8443/a/hook',
    'https://one.example.com/a/hook?x=1',
  ])
    await hook(admin, url);
  ok(await admin.api.webhooks.remove({ body: { url: 'https://ONE.example.com/a/hook' } }));
  expect(ok(await admin.api.webhooks.list()).webhooks).toHaveLength(4);
});

test('many registrations of one address at once are one', async () => {
  const { admin } = await place();
  const spellings = [
    'https://one.example.com/hook',
    'https://ONE.example.com:443/hook',
    'https://one.example.com/./hook',
  ];
  const answers = await Promise.all(
    Array.from({ length: 45 }, (_, n) =>
      admin.api.webhooks.create({ body: { url: spellings[n % 3] ?? '', events: ['sync.failed'] } }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 201))
    expect([answer.status, answer.body]).toMatchObject([409, { error_code: 'WEBHOOK_EXISTS' }]);
  expect(ok(await admin.api.webhooks.list()).webhooks).toHaveLength(1);
}, 60_000);

test('of many registrations at once as many succeed as a tenant may have, and no more', async () => {
  const { admin } = await place();
  const answers = await Promise.all(
    Array.from({ length: 45 }, (_, n) =>
      admin.api.webhooks.create({
        body: { url: `https://receiver-${n}.example.com/hook`, events: ['sync.failed'] },
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
  for (const answer of answers.filter(({ status }) => status !== 201))
    expect([answer.status, answer.body]).toMatchObject([409, { error_code: 'TOO_MANY_WEBHOOKS' }]);
  const [one] = ok(await admin.api.webhooks.list()).webhooks;
  ok(await admin.api.webhooks.removeById({ params: { id: one?.id ?? '' } }));
  await hook(admin, 'https://late.example.com/hook');
  expect(ok(await admin.api.webhooks.list()).webhooks).toHaveLength(20);
}, 60_000);

test('a receiver may ask for a pause in seconds or by a date', async () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  const asked = async (value: string) => {
    const target = await receiverWith({ 'Retry-After': value }, 503);
    process.env.WEBHOOK_LOOPBACK = 'true';
    const { retryAfter } = await sendWebhook(target.url, '{}', {});
    delete process.env.WEBHOOK_LOOPBACK;
    target.close();
    return retryAfter;
  };
  expect(await asked('60')).toBe(60_000);
  expect(Math.abs((await asked(inAMinute)) - 59_000)).toBeLessThan(3_000);
  expect(await asked(new Date(0).toUTCString())).toBe(0);
  expect(await asked('soon')).toBe(0);
});

test.each([
  'http://example.com/hook',
  'https://localhost/hook',
  'https://printer.local/hook',
  'https://10.0.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[fd00::1]/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://user:secret@example.com/',
  'https://metadata.google.internal/',
  'https://0177.0.0.1/',
  'https://example.com/hook\r\nX-Injected: 1',
  'file:///etc/passwd',
  'nonsense',
  'https://user:password@example.com/hook',
  'https://example.com:0/hook',
  'https://example.com:65536/hook',
  'https://example.com/{tenant}/{{id}}',
  'https://{host}.example.com/hook',
  `https://example.com/${'ü'.repeat(400)}`,
])('refuses the address %s', async (url) => {
  // Where the setting for tests is not made, as in every stack.
  const admin = await somebody({ role: 'admin' });
  const result = await admin.api.webhooks.create({ body: { url, events: ['sync.completed'] } });
  expect([result.status, result.body]).toMatchObject([400, { error: true, error_code: 'VALIDATION_ERROR' }]);
  expect(ok(await admin.api.webhooks.list()).webhooks).toEqual([]);
});

test('lets messages of a local run end in its outbox', async () => {
  const admin = await somebody({ role: 'admin' });
  const result = await admin.api.webhooks.create({
    body: { url: 'http://127.0.0.1:9/hook', events: ['sync.completed'] },
  });
  expect(result.status).toBe(400);
  const clinicOfAdmin = await clinic({ patients: 3 }, { tenantId: admin.tenantId });
  const url = `https://receiver.example.com/${admin.tenantId}`;
  await hook(admin, url);
  await sync(clinicOfAdmin);
  const found = async () => {
    const outbox = (await (await fetch(`${admin.url}/_local/outbox`)).json()) as {
      kind: string;
      to: string;
    }[];
    return outbox.find(({ kind, to }) => kind === 'webhook' && decodeURIComponent(to).endsWith(url));
  };
  while (!(await found())) await pause(50);
});

test('sends only to addresses of the public Internet, whatever a name leads to', async () => {
  const leadsTo =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  expect(await receiverAddress('a.example.com', leadsTo('93.184.216.34'))).toEqual({
    address: '93.184.216.34',
    family: 4,
  });
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    'fe80::1',
    'fc00::1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
  ]) {
    expect({ address, isPublic: isPublicAddress(address) }).toEqual({ address, isPublic: false });
    expect(await isReceiver('https://a.example.com/', leadsTo(address))).toBe(false);
    expect(await isReceiver('https://a.example.com/', leadsTo('93.184.216.34', address))).toBe(false);
    // A name that changed its mind after it was registered.
    expect(await sendWebhook('https://a.example.com/', '{}', {}, leadsTo(address))).toMatchObject({
      status: undefined,
    });
  }
  expect(await isReceiver('https://a.example.com/', leadsTo('2606:2800:220:1::1'))).toBe(true);
  expect(await isReceiver('https://a.example.com/', leadsTo())).toBe(false);
});

test('signs as the standard’s own example does', () => {
  // Standard Webhooks, specification, "Signature scheme", as computed by its reference implementations.
  const headers = signatureHeaders(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    '{"test": 2432232314}',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    1_614_265_330_000,
  );
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('tries for more than a day, waits as long as the receiver asks, and then gives up', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map((attempts) => nextAttempt(attempts, 0, 0, 0) ?? 0);
  expect(waits).toEqual(waits.toSorted((one, other) => one - other));
  expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(24 * 3_600_000);
  expect(nextAttempt(8, 0, 0, 0)).toBeUndefined();
  expect(nextAttempt(1, 60_000, 0, 0)).toBe(60_000);
});
