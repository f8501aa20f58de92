import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { newPatient } from '../patients/fixtures.ts';
import { BATCH, PATIENTS, send } from '../patients/helpers.ts';
import type { Person } from '../people.ts';
import { ownService } from './own.ts';
import { tablesOf } from './tables.ts';
import { unlimitedRates } from './unlimited.ts';

const canary = `Kanarie${randomUUID().slice(0, 8)}`;
const canaryPhone = '+9988776655443';
const canaryBirth = '1931-07-23';
/** Anything of these in a place where it must not be is a leak, also in capitals or in pieces of a URL. */
const leak = new RegExp([canary, '9988776655443', canaryBirth].join('|'), 'i');

const whole = {
  first_name: `${canary}-first`,
  last_name: `${canary}-last`,
  date_of_birth: canaryBirth,
  phone: canaryPhone,
  email: `${canary}@example.com`,
  address: `${canary}\nstreet`,
  medical_history: `${canary} history`,
  allergies: `${canary} allergy`,
};

interface Told {
  status: number;
  text: string;
  headers: Headers;
}

/** Every way in which what a caller sent could come back in a refusal. */
async function mistakes(person: Person, viewer: Person): Promise<Told[]> {
  const all: Told[] = [];
  const say = async (who: Person, method: string, path: string, body?: string, headers = {}) => {
    all.push(await send(who, method, path, body, headers));
  };
  const text = JSON.stringify([newPatient(0, whole)]);
  for (const field of Object.keys(newPatient(0, whole))) {
    await say(
      person,
      'POST',
      BATCH,
      JSON.stringify([newPatient(0, { ...whole, [field]: `${canary}\u0000` })]),
    );
    await say(
      person,
      'POST',
      BATCH,
      JSON.stringify([newPatient(0, { ...whole, [field]: { [canary]: canary } })]),
    );
    await say(
      person,
      'POST',
      BATCH,
      JSON.stringify([newPatient(0, { ...whole, [field]: canary.repeat(2_000) })]),
    );
  }
  for (const cut of [1, 20, 60, text.length - 1])
    await say(person, 'POST', BATCH, text.slice(0, cut) + canary);
  await say(person, 'POST', BATCH, text.replace('{', `{"__proto__":"${canary}",`));
  await say(person, 'POST', BATCH, `"${canary}"`);
  await say(person, 'POST', BATCH, text, { 'Content-Type': 'text/plain' });
  await say(person, 'POST', BATCH, `${text}${' '.repeat(5 * 1024 * 1024)}`);
  await say(person, 'POST', BATCH, `${text}${' '.repeat(7 * 1024 * 1024)}`);
  await say(person, 'POST', BATCH, text, { Authorization: `Bearer ${canary}` });
  await say(person, 'POST', BATCH, text, { 'Idempotency-Key': canary.repeat(30) });
  await say(viewer, 'POST', BATCH, text);
  await say(person, 'PATCH', BATCH, text);
  await say(person, 'POST', `/${canary}`, text);
  await say(person, 'PUT', BATCH, JSON.stringify([{ ...whole, id: randomUUID() }]));
  await say(person, 'PUT', BATCH, JSON.stringify([{ ...whole, id: canary }]));
  await say(person, 'PUT', `${PATIENTS}/${canary}`, JSON.stringify(whole));
  await say(person, 'PUT', `${PATIENTS}/${randomUUID()}`, JSON.stringify(whole));
  await say(person, 'GET', `${PATIENTS}/${canary}`);
  for (const name of ['limit', 'offset', 'cursor']) await say(person, 'GET', `${PATIENTS}?${name}=${canary}`);
  await say(person, 'GET', `/api/v1/audit-logs?action=${canary}`);
  await say(person, 'GET', `/api/v1/audit-logs?cursor=${canary}`);
  return all;
}

test('what is known of a patient is in no log, metric, audit row, queue, refusal or URL, whatever goes wrong', async () => {
  const { running, person } = await ownService({ settings: unlimitedRates });
  const [admin, viewer] = [await person({ role: 'admin' }), await person({ role: 'viewer' })];

  const body = Array.from({ length: 120 }, (_, n) => newPatient(n, whole));
  const headers = { 'Idempotency-Key': `${canary}-key` };
  const made = await send(admin, 'POST', BATCH, JSON.stringify(body), headers);
  await send(admin, 'POST', BATCH, JSON.stringify(body), headers);
  await send(admin, 'POST', BATCH, JSON.stringify([newPatient(0, whole)]), headers);
  const ids = (JSON.parse(made.text) as { patients: { id: string }[] }).patients.map(({ id }) => id);
  await send(admin, 'PUT', BATCH, JSON.stringify(ids.map((id) => ({ id, ...whole }))));
  await send(admin, 'POST', PATIENTS, JSON.stringify(newPatient(0, whole)));
  await send(admin, 'PUT', `${PATIENTS}/${ids[0]}`, JSON.stringify(whole));
  const seen = await send(admin, 'GET', PATIENTS);
  expect(seen.text).toMatch(leak);
  await send(admin, 'DELETE', BATCH, JSON.stringify(ids.slice(0, 3)));
  await send(admin, 'DELETE', `${PATIENTS}/${ids[4]}`);

  const refusals = await mistakes(admin, viewer);
  expect(refusals.length).toBeGreaterThan(45);
  for (const { status, text, headers: sent } of refusals) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(text).not.toMatch(leak);
    expect(JSON.stringify([...sent])).not.toMatch(leak);
  }

  const audit = await send(admin, 'GET', '/api/v1/audit-logs?limit=500');
  expect(JSON.parse(audit.text).logs).toHaveLength(120 + 120 + 1 + 1 + 3 + 1);
  expect(audit.text).not.toMatch(leak);
  expect((await send(admin, 'GET', '/metrics')).text).not.toMatch(leak);
  const rows = await tablesOf(running).scan('audit');
  expect(rows.length).toBeGreaterThan(4);
  expect(JSON.stringify(rows)).not.toMatch(leak);

  const queues = running.stack.resources('AWS::SQS::Queue').map(({ name }) => name);
  expect(queues.length).toBeGreaterThan(1);
  const messages = JSON.stringify(queues.map((name) => running.inspectQueue(name)));
  expect(messages).toContain(admin.tenantId);
  expect(messages).not.toMatch(leak);

  // The worst fault: the tables go away in the middle of everything.
  running.killEngine();
  const fault = await send(admin, 'POST', BATCH, JSON.stringify(body), { 'Idempotency-Key': canary });
  expect(fault.status).toBeGreaterThanOrEqual(500);
  expect(fault.text).not.toMatch(leak);
  expect(JSON.parse(fault.text)).toEqual({ detail: 'The request could not be finished in time' });

  const lines = running.logs().map(({ source, text }) => `${source} ${text}`);
  expect(lines.length).toBeGreaterThan(60);
  expect(lines.filter((line) => leak.test(line))).toEqual([]);
  expect(lines.filter((line) => line.includes(admin.token.slice(-40)))).toEqual([]);
  const requestId = fault.headers.get('x-request-id') ?? '';
  expect(lines.some((line) => line.includes(requestId) && line.includes('unavailable'))).toBe(true);
}, 90_000);
