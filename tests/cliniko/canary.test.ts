import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ownService } from '../service/own.ts';
import { tablesOf } from '../service/tables.ts';
import { pastExecutions } from './executions.ts';
import { clinic, ok, pause, register, sync } from './fixtures.ts';

/** All forms in which a key could leak: as it is, as in the Authorization header, and in a URL. */
const formsOf = (key: string): string[] => [
  key,
  Buffer.from(`${key}:`).toString('base64'),
  Buffer.from(key).toString('base64').replace(/=+$/, ''),
  encodeURIComponent(key),
];

test('an API key is in no log, answer, webhook, table, queue, metric or workflow, whatever goes wrong', {
  timeout: 120_000,
}, async () => {
  const { running } = await ownService();
  const { url } = running;
  const good = await clinic({ patients: 150 }, { url });
  const { admin } = good;
  const bad = await clinic(
    { patients: 150, faults: [{ name: 'key_revoked', page: 2 }] },
    { url, tenantId: admin.tenantId },
    'bad',
  );
  const receiver = `https://receiver.example.com/${admin.tenantId}`;
  ok(
    await admin.api.webhooks.create({
      body: { url: receiver, events: ['sync.completed', 'sync.failed'] },
    }),
  );
  const answers: string[] = [];
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await admin.fetch(path, init);
    answers.push(JSON.stringify([...response.headers]) + (await response.text()));
  };
  const put = (orgId: string, body: object, headers: Record<string, string> = {}) =>
    ask(`/api/v1/cliniko/settings/${orgId}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  // ClinikoSettings that are refused, kept for a repetition, or replaced.
  const refused = `refused ${randomUUID()}-evil.example`;
  const malformed = `malformed-${randomUUID()}-au1`;
  const former = good.account.apiKey;
  const settings = { name: 'Surf Rehab', contact_email: 'it@surf.example.com' };
  await put('new', { ...settings, api_key: refused });
  await put('new', { ...settings, api_key: { key: malformed } });
  await put('new', {
    ...settings,
    api_key: malformed,
    [malformed.slice(0, 5)]: malformed,
    schedule: malformed,
  });
  await ask('/api/v1/cliniko/settings/new', {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: `{"api_key":"${malformed}"`,
  });
  const repeated = { 'Idempotency-Key': 'settings-1' };
  await put('kept', { ...settings, api_key: former }, repeated);
  await put('kept', { ...settings, api_key: former }, repeated);

  // Syncs that succeed, that fail, and that are cancelled; connections of every kind.
  await sync(good);
  await sync(bad);
  for (const orgId of ['123', 'bad', 'kept', 'unknown'])
    for (const route of ['test-connection', 'settings', 'sync-logs', 'status', 'active-patients'])
      await ask(`/api/v1/cliniko/${route}/${orgId}`);
  await register(admin, 'slow', (await clinic({ latency_ms: 300 }, { url })).account.apiKey);
  await ask('/api/v1/cliniko/sync-all/slow', { method: 'POST' });
  await ask('/api/v1/cliniko/sync-cancel/slow', { method: 'POST' });
  await ask('/api/v1/webhooks');
  await ask('/metrics');
  while (running.outbox().filter(({ kind }) => kind === 'webhook').length < 3) await pause(50);

  const tables = tablesOf(running);
  const rows = await Promise.all(
    ['cliniko', 'operations', 'webhooks', 'guards', 'audit'].map((name) => tables.scan(name)),
  );
  expect(rows.map(({ length }) => length > 0)).toEqual([true, true, true, true, false]);
  const machines = running.stack.resources('AWS::StepFunctions::StateMachine').map(({ name }) => name);
  const executions = await pastExecutions(running.awsEndpoint, machines);
  expect(executions.length).toBeGreaterThanOrEqual(6);
  const states = executions.flatMap(({ data }) => data);
  expect(Math.max(...states.map(({ length }) => length))).toBeLessThan(1_024);
  const queues = running.stack.resources('AWS::SQS::Queue').map(({ name }) => running.inspectQueue(name));
  expect(running.logs().length).toBeGreaterThan(30);
  const written: Record<string, string> = {
    logs: JSON.stringify(running.logs()),
    outbox: JSON.stringify(running.outbox()),
    tables: JSON.stringify(rows),
    states: JSON.stringify(executions),
    queues: JSON.stringify(queues),
    answers: answers.join('\n'),
  };
  const keys = [former, bad.account.apiKey, refused, malformed].flatMap(formsOf);
  for (const [place, text] of Object.entries(written)) {
    const found = keys.filter((key) => text.includes(key));
    expect({ place, found }).toEqual({ place, found: [] });
  }
  // Nor are the people of the lists where they do not belong.
  for (const place of ['logs', 'outbox', 'states', 'queues'])
    expect({ place, leaks: written[place]?.includes('patient.1@example.com') }).toEqual({
      place,
      leaks: false,
    });
});
