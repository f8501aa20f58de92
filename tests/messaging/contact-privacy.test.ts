import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { somebody } from '../people.ts';
import { tablesOf } from '../service/tables.ts';
import { everybody, importCsv, imported, phone, post, postForm } from './contact-helpers.ts';

const CANARY = `Kanarie${randomUUID().slice(0, 8)}`;
const DIGITS = '714285714';
/** A number of nobody else in these tests, in all the forms in which it may be written. */
const LEAK = new RegExp(`${CANARY}|${DIGITS}`, 'i');

const csv = `name,phone,email,tags,Note\n${CANARY},+255${DIGITS},${CANARY}@example.com,${CANARY},${CANARY}\n`;

test('nothing that is known of contacts is in a log, in an audit record, or in a refusal', async () => {
  const person = await somebody();
  await importCsv(person, csv);
  await importCsv(person, csv, { update_existing: true });
  const [contact] = await everybody(person);
  const contact_ids = [contact?.id];
  await post(person, 'bulk-edit', {
    contact_ids,
    updates: { name: CANARY, attributes: { [CANARY]: CANARY } },
  });
  await post(person, 'opt-out', { phone: `+255${DIGITS}` });
  await post(person, 'bulk-delete', { contact_ids });
  const refusals = [
    await post(person, 'bulk-edit', { contact_ids: [randomUUID()], updates: { email: CANARY } }),
    await post(person, 'bulk-edit', { contact_ids: [randomUUID()], updates: { tags: CANARY } }),
    await post(person, 'opt-out', { phone: `+1${DIGITS}x` }),
    await post(person, 'opt-out', { phones: [`+1${DIGITS}`] }),
    await importCsv(person, `name,phone\n${CANARY},9${DIGITS}${DIGITS}\n`, { skip_duplicates: false }),
    await importCsv(person, `phone,email\n+255${DIGITS},${CANARY}\n`),
    await importCsv(person, `phone,${CANARY},${CANARY}\n1,2,3\n`),
    await importCsv(person, `phone\n"${CANARY}\n`),
    await postForm(person, 'bulk-import', { import_type: CANARY }),
  ];
  for (const { status, body } of refusals) {
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(body)).not.toMatch(LEAK);
  }
  const logs = await (await fetch(`${inject('url')}/_local/logs`)).text();
  expect(logs.length).toBeGreaterThan(1_000);
  expect(logs).not.toMatch(LEAK);
  const audit = await tablesOf({ awsEndpoint: inject('awsEndpoint') }).scan('audit');
  const own = audit.filter(({ pk }) => String(pk) === `messaging#${person.tenantId}`);
  expect(own.length).toBeGreaterThanOrEqual(5);
  expect(JSON.stringify(own)).not.toMatch(LEAK);
});

test('a phone has another name in each tenant, so that nobody can tell who has it', async () => {
  const people = [await somebody(), await somebody()];
  for (const person of people) await imported(person, 1, 4_321);
  const records = await tablesOf({ awsEndpoint: inject('awsEndpoint') }).scan('messaging');
  const names = people.map(({ tenantId }) =>
    records.filter(({ pk }) => pk === `KEY#${tenantId}`).map(({ sk }) => sk),
  );
  expect(names.map((its) => its.length)).toEqual([1, 1]);
  expect(names[0]).not.toEqual(names[1]);
  expect(JSON.stringify(names)).not.toContain(phone(4_321).slice(4));
});
