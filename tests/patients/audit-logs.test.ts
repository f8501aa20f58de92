import { describe, expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { newPatient } from './fixtures.ts';
import { created, flaw } from './helpers.ts';

interface Line {
  timestamp: string;
  user_id: string;
  tenant_id: string;
  action: string;
  resource_type: string;
  resource_id: string;
  details: Record<string, unknown>;
}

async function logs(person: Person, query: Record<string, string | number> = {}) {
  const result = await person.api.patients.auditLogs({ query });
  if (!result.ok) throw new Error(`no log: ${result.status} ${JSON.stringify(result.body)}`);
  return result.body as { logs: Line[]; next_cursor: string | null };
}

/** Every line, by pages. */
async function everyLine(person: Person, query: Record<string, string | number> = {}): Promise<Line[]> {
  const all: Line[] = [];
  const seen = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    if (seen.has(cursor)) throw new Error('a page gave the cursor that led to it');
    seen.add(cursor);
    const page: Awaited<ReturnType<typeof logs>> = await logs(person, {
      ...query,
      ...(cursor ? { cursor } : {}),
    });
    all.push(...page.logs);
    cursor = page.next_cursor;
  }
  return all;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const admin = () => somebody({ role: 'admin' });

test('has one line for each record of a batch, with who did what to whom when', async () => {
  const person = await admin();
  const patients = await created(person, 2);
  const { logs: lines, next_cursor } = await logs(person);
  expect(lines).toEqual(
    patients.map(({ id }, position) => ({
      timestamp: expect.stringMatching(TIME),
      user_id: person.userId,
      tenant_id: person.tenantId,
      action: 'CREATE',
      resource_type: 'patient',
      resource_id: id,
      details: { batch_operation: true, batch_position: position, batch_total: 2 },
    })),
  );
  expect(next_cursor).toBeNull();
});

test('a batch of one patient is a batch, a single record is not', async () => {
  const person = await admin();
  await created(person, 1);
  expect((await logs(person)).logs).toMatchObject([
    { details: { batch_operation: true, batch_position: 0, batch_total: 1 } },
  ]);
  await person.api.patients.createOne({ body: newPatient() });
  expect((await logs(person, { limit: 1 })).logs).toMatchObject([{ details: { batch_operation: false } }]);
});

test('changes and deletions are there too, the newest first, each batch in the order of its request', async () => {
  const person = await admin();
  const [one, two, three] = await created(person, 3);
  await person.api.patients.update({
    body: [
      { id: three?.id, phone: '+1' },
      { id: one?.id, phone: '+2' },
    ],
  });
  await person.api.patients.remove({ body: [two?.id, 'nobody', one?.id] });
  const lines = (await logs(person)).logs.map(({ action, resource_id }) => [action, resource_id]);
  expect(lines).toEqual([
    ['DELETE', two?.id],
    ['DELETE', one?.id],
    ['UPDATE', three?.id],
    ['UPDATE', one?.id],
    ['CREATE', one?.id],
    ['CREATE', two?.id],
    ['CREATE', three?.id],
  ]);
});

test('every way to write a single record leaves a line', async () => {
  const person = await admin();
  const one = await person.api.patients.createOne({ body: newPatient() });
  if (!one.ok) throw new Error('refused');
  const params = { id: one.body.id };
  await person.api.patients.updateOne({ params, body: { phone: '+1' } });
  await person.api.patients.removeOne({ params });
  const lines = (await logs(person, { resource_id: params.id })).logs;
  expect(lines.map(({ action }) => action)).toEqual(['DELETE', 'UPDATE', 'CREATE']);
});

test('what was refused leaves no line', async () => {
  const person = await admin();
  const [patient] = await created(person, 1);
  await person.untypedApi.patients.create({ body: [newPatient(), {}] });
  await person.api.patients.update({ body: [{ id: patient?.id }, { id: crypto.randomUUID() }] });
  await person.api.patients.remove({ body: ['nobody'] });
  expect((await logs(person)).logs).toHaveLength(1);
});

describe('pages show every line once', () => {
  test.each([1, 3, 7, 50, 500])('in pages of %i', async (limit) => {
    const person = await admin();
    const [one] = await created(person, limit === 1 ? 4 : 40);
    await created(person, 7);
    await person.api.patients.update({ body: [{ id: one?.id, phone: '+1' }] });
    const whole = (await logs(person, { limit: 500 })).logs;
    expect(whole).toHaveLength(limit === 1 ? 12 : 48);
    expect(await everyLine(person, { limit })).toEqual(whole);
  });
});

test('a batch of 500 is 500 lines', async () => {
  const person = await admin();
  const patients = await created(person, 500);
  const lines = await everyLine(person, { limit: 499 });
  expect(lines.map(({ resource_id }) => resource_id)).toEqual(patients.map(({ id }) => id));
  expect(lines.map(({ details }) => details)).toEqual(
    patients.map((_, position) => ({ batch_operation: true, batch_position: position, batch_total: 500 })),
  );
});

test('can be asked for one patient, one kind of change, or both', async () => {
  const person = await admin();
  const [one, two] = await created(person, 2);
  for (let n = 0; n < 4; n++)
    await person.api.patients.update({ body: [{ id: one?.id, phone: `+${n}1` }, { id: two?.id }] });
  const id = one?.id ?? '';
  expect(await everyLine(person, { resource_id: id, limit: 2 })).toHaveLength(5);
  expect(await everyLine(person, { action: 'UPDATE', limit: 3 })).toHaveLength(8);
  expect(await everyLine(person, { action: 'UPDATE', resource_id: id, limit: 1 })).toHaveLength(4);
  expect(await everyLine(person, { action: 'DELETE' })).toEqual([]);
  expect(await everyLine(person, { resource_id: crypto.randomUUID() })).toEqual([]);
});

test('an id in capitals is the same id', async () => {
  const person = await admin();
  const [one] = await created(person, 1);
  expect(await everyLine(person, { resource_id: one?.id.toUpperCase() ?? '' })).toHaveLength(1);
});

test('holds nothing about the person', async () => {
  const person = await admin();
  const canary = 'Zyxwvut';
  const full = {
    first_name: canary,
    last_name: canary,
    address: canary,
    medical_history: canary,
    allergies: canary,
  };
  const [patient] = await created(person, 1, {
    ...full,
    phone: '+998877665544',
    email: `${canary}@example.com`,
  });
  await person.api.patients.update({ body: [{ id: patient?.id, address: `${canary} 2` }] });
  await person.api.patients.remove({ body: [patient?.id] });
  const lines = (await logs(person)).logs;
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toMatch(/zyxwvut|998877665544/i);
});

test('another tenant’s log is not there, however it is asked for', async () => {
  const [person, other] = [await admin(), await admin()];
  const [theirs] = await created(other, 1);
  expect((await logs(person)).logs).toEqual([]);
  expect((await logs(person, { resource_id: theirs?.id ?? '' })).logs).toEqual([]);
  expect((await logs(person, { tenant_id: other.tenantId })).logs).toEqual([]);
});

describe('only an admin or a super_admin reads it', () => {
  test.each(['user', 'viewer', 'manager'] as const)('not a %s', async (role) => {
    const { api } = await somebody({ role });
    const result = await api.patients.auditLogs();
    expect(result.status).toBe(403);
    expect(result.body).toEqual({ detail: 'Not enough permissions' });
  });

  test('not a stranger', async () => {
    const { api } = await admin();
    const result = await api.patients.auditLogs({ headers: { Authorization: '' } });
    expect(result.status).toBe(401);
    expect(result.body).toEqual({ detail: 'Not authenticated' });
  });
});

const place = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const integer = flaw(['query', 'limit'], 'value is not a valid integer', 'type_error.integer');
const cursor = flaw(['query', 'cursor'], 'value is not a cursor of this list', 'value_error.cursor');

describe('a query that is not valid is refused', () => {
  test.each([
    ['a limit of 0', 'limit=0', { loc: ['query', 'limit'], type: 'value_error.number.not_ge' }],
    ['a limit of 1e2', 'limit=1e2', integer],
    ['an empty limit', 'limit=', integer],
    ['an action in small letters', 'action=create', { loc: ['query', 'action'], type: 'type_error.enum' }],
    ['a resource with NUL', 'resource_id=%00', { loc: ['query', 'resource_id'] }],
    ['a long resource', `resource_id=${'x'.repeat(101)}`, { loc: ['query', 'resource_id'] }],
    ['a word as cursor', 'cursor=abc', cursor],
    ['a cursor of one part', `cursor=${place('x')}`, cursor],
    ['a cursor of numbers', `cursor=${place(1, 2)}`, cursor],
    ['a cursor of the list of patients', `cursor=${place('a tenant', 'an id')}`, cursor],
    ['a cursor with half a character', `cursor=${place('\ud800', 0)}`, cursor],
    ['a cursor longer than a key', `cursor=${place('x'.repeat(3_000), 0)}`, cursor],
    ['a cursor without a batch', `cursor=${place('', 0)}`, cursor],
  ])('%s', async (_, query, detail) => {
    const { fetch } = await admin();
    const response = await fetch(`/api/v1/audit-logs?${query}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [detail] });
  });
});
