import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { type TableName, tablesWithoutSortKey } from '../../core/contract/resources.ts';
import { putAll } from '../../core/dynamo/put-all.ts';
import { queryAll } from '../../core/dynamo/query-all.ts';
import type { Item, TableKey } from '../../core/dynamo/store.ts';
import type { VerifyDeps } from '../../core/verify/verifier.ts';
import { smsKeys } from '../../functions/messaging/sms/batch.ts';
import { messageId } from '../../functions/messaging/sms/messages/id.ts';
import { repairs } from '../../functions/verifiers.ts';
import type { Running } from '../../local/start.ts';
import { newPatients } from '../patients/fixtures.ts';
import { everybody } from '../patients/helpers.ts';
import { workInEverySystem } from '../upgrades/work-in-every-system.ts';
import { type Own, ownService, ownServiceOfFile } from './own.ts';
import { unlimitedRates } from './unlimited.ts';
import { verified, wholeTablesOf } from './verified.ts';

let own: Own;
beforeAll(async () => {
  own = await ownServiceOfFile({ settings: unlimitedRates });
  await workInEverySystem(own.running.url);
});

async function depsOf(running: Running) {
  const { tables, names } = await wholeTablesOf(running);
  const deps: VerifyDeps = { store: tables.store, table: (name) => names[name] };
  return { ...deps, tables, names };
}

/** All items of a table. */
async function itemsIn({ store, tables, table }: Awaited<ReturnType<typeof depsOf>>, name: TableName) {
  const items: Item[] = [];
  for await (const pk of tables.partitions(table(name), !tablesWithoutSortKey.has(name)))
    if (!tablesWithoutSortKey.has(name))
      for await (const item of queryAll(store, { table: table(name), range: { pk } })) items.push(item);
  return items;
}

/** A place where something is planted: the first item whose keys begin so. */
interface Plant {
  table: TableName;
  pk: string;
  sk?: string;
  /** What is changed of it; null removes it. */
  change: Item | null | ((item: Item) => Item);
  rule: string;
}

const document = (change: Item) => (item: Item) => ({
  d: JSON.stringify({ ...JSON.parse(String(item.d)), ...change }),
});

const plants: Plant[] = [
  { table: 'patients', pk: 'REC#', change: { tx: 999_999 }, rule: 'no record has a stamp above HEAD’s' },
  {
    table: 'patients',
    pk: 'REC#',
    change: { d: undefined },
    rule: 'a record of a ledger lacks its document',
  },
  { table: 'patients', pk: 'REC#', change: { ix: undefined }, rule: 'has its id in the thin index' },
  { table: 'patients', pk: 'REC#', change: { v: 9 }, rule: 'has version 9' },
  {
    table: 'patients',
    pk: 'HEAD#',
    change: { f: { gone: { s: 'P', exp: 1 } }, gn: { gone: 1 } },
    rule: 'a record of an undecided transaction is in its manifest',
  },
  { table: 'patients', pk: 'HEAD#', change: { 'count:total': 7 }, rule: 'the counter count:total equals' },
  { table: 'patients', pk: 'HEAD#', change: { 'op:create': 7 }, rule: 'creations less deletions' },
  { table: 'patients', pk: 'HEAD#', change: { seq: 7 }, rule: 'as many commits as there are manifests' },
  { table: 'patients', pk: 'HEAD#', change: null, rule: 'records belong to a HEAD' },
  { table: 'patients', pk: 'TENANTS', change: null, rule: 'is registered among the tenants' },
  { table: 'patients', pk: 'REC#', change: null, rule: 'a record shows each committed change' },
  { table: 'audit', pk: 'patients#', change: { n: 999_999 }, rule: 'no manifest has a stamp above HEAD’s' },
  { table: 'audit', pk: 'patients#', change: null, rule: 'as many commits as there are manifests' },
  { table: 'audit', pk: 'patients#', change: { st: 'ABORTED' }, rule: 'nothing is left of an aborted' },
  {
    table: 'messaging',
    pk: 'REC#',
    change: document({ phone_e164: '+255700000009' }),
    rule: 'names its one contact',
  },
  { table: 'messaging', pk: 'KEY#', change: document({ contact_id: null }), rule: 'names its one contact' },
  { table: 'messaging', pk: 'SMS#', sk: 'PACK', change: { messages: [] }, rule: 'has all of its messages' },
  { table: 'messaging', pk: 'SMS#', sk: 'RECEIPTS#', change: { m48: 'd0m5x2k00' }, rule: 'that were sent' },
  { table: 'operations', pk: 'BATCH#', sk: 'BATCH', change: { failed: 9 }, rule: 'add up to its total' },
  { table: 'operations', pk: 'BATCH#', sk: 'CHUNK', change: null, rule: 'a batch has all of its chunks' },
  { table: 'operations', pk: 'BATCH#', sk: 'RESULT', change: null, rule: 'counts the operations that' },
  { table: 'operations', pk: 'LIST#', sk: 'COUNT', change: { n: 9 }, rule: 'a list counts its entries' },
  { table: 'cliniko', pk: 'ORG#', sk: 'PATIENT', change: null, rule: 'the state counts the' },
  { table: 'cliniko', pk: 'DUE', change: null, rule: 'is on the list of due syncs' },
  { table: 'cliniko', pk: 'ORG#', sk: 'SETTINGS', change: { due_at: null }, rule: 'is due then' },
  { table: 'content', pk: 'SIGNER#', sk: 'STATE', change: { next: 1e6 }, rule: 'has its call' },
  { table: 'content', pk: 'CONTENT#', change: { title: 7 }, rule: 'has the shape of its kind' },
  { table: 'admin', pk: 'orders#', change: null, rule: 'the tally counts the records' },
  {
    table: 'admin',
    pk: 'orders#',
    change: { facet: undefined },
    rule: 'the index facet has each record once',
  },
  { table: 'webhooks', pk: 'TENANT#', sk: 'WEBHOOK', change: { url: 7 }, rule: 'has the shape of its kind' },
];

test('finds nothing after work in every system, also in the state that the sweeps leave', async () => {
  expect(await verified(own.running)).toEqual([]);
});

test.each(plants)('finds that $rule does not hold ($table $pk)', { timeout: 60_000 }, async (plant) => {
  const deps = await depsOf(own.running);
  const TableName = deps.table(plant.table);
  const found = (await itemsIn(deps, plant.table)).find(
    ({ pk, sk }) => String(pk).startsWith(plant.pk) && String(sk).startsWith(plant.sk ?? ''),
  );
  expect(found).toBeDefined();
  const item = found as Item & TableKey;
  const change = typeof plant.change === 'function' ? plant.change(item) : plant.change;
  if (change === null) await deps.store.remove({ TableName, Key: { pk: item.pk, sk: item.sk } });
  else await deps.store.put({ TableName, Item: { ...item, ...change } });
  try {
    const rules = (await verified(own.running, () => pause(1))).map(({ rule }) => rule);
    expect(rules.filter((rule) => rule.includes(plant.rule))).not.toEqual([]);
  } finally {
    await deps.store.put({ TableName, Item: item });
  }
});

test('finds a receipt that is missing, also of a message whose answer was lost before it', async () => {
  const { api, tenantId } = await own.person({ role: 'admin' });
  const sender_id = 'LOSTANSWER';
  const profile = { method: 'POST', body: JSON.stringify({ sender_id, profile: 'lost' }) };
  expect((await fetch(`${own.running.url}/_local/sms`, profile)).status).toBe(200);
  const body = { contacts: [{ phone: '+255700000077' }], message: 'Hello', sender_id };
  const sent = await api.messaging.bulkSend({ body });
  const id = sent.ok ? String(sent.body.batch_id) : '';
  const delivered = async () => {
    const told = await api.messaging.getBatch({ params: { id } });
    return told.ok && told.body.delivered;
  };
  await expect.poll(delivered, { timeout: 30_000 }).toBe(1);
  const deps = await depsOf(own.running);
  const message = smsKeys.message(tenantId, messageId(id, 0));
  const state = async () => (await deps.store.get(deps.table('messaging'), message))?.state;
  await expect.poll(state, { timeout: 30_000 }).toBe('delivered');
  expect(await verified(own.running)).toEqual([]);

  const pack = smsKeys.receiptPack(tenantId, id, 0);
  const item = await deps.store.get(deps.table('messaging'), pack);
  await deps.store.remove({ TableName: deps.table('messaging'), Key: pack });
  const rules = (await verified(own.running, () => pause(1))).map(({ rule }) => rule);
  expect(rules).toEqual(['a message that was delivered has its receipt']);
  await deps.store.put({ TableName: deps.table('messaging'), Item: item ?? {} });
});

test('finds a partition of a kind that nothing writes', async () => {
  const deps = await depsOf(own.running);
  const Key = { pk: 'NOBODY#1', sk: 'X' };
  await deps.store.put({ TableName: deps.table('content'), Item: Key });
  expect(await verified(own.running, () => pause(1))).toMatchObject([
    { rule: 'a partition is of a known kind' },
  ]);
  await deps.store.remove({ TableName: deps.table('content'), Key });
});

const perBatch = 5;

/** A tenant of a service under load: batches of five are created, and every second one is changed. */
async function load(tenantId: string, isOver: () => boolean): Promise<void> {
  const { api } = await own.person({ role: 'admin', tenantId });
  // Ends with the test.
  for (let n = 0; !isOver(); n++) {
    const created = await api.patients.create({ body: newPatients(perBatch, { last_name: `Batch ${n}` }) });
    if (!created.ok) throw new Error(`answers ${created.status}`);
    if (n % 2 === 0) continue;
    const body = created.body.patients.map(({ id }) => ({ id, address: 'Moved' }));
    await api.patients.update({ body });
  }
}

/** Which table is older after a restore; `HEAD` is read before the records of its own table. */
const skews = ['patients', 'audit', 'HEAD'] as const;

test('after a restore of tables at different instants, a repair leaves whole batches only', {
  timeout: 120_000,
}, async () => {
  const tenants = new Map(skews.map((older) => [older, `restored-${older}`]));
  let over = false;
  const loads = [...tenants.values()].map((tenant) => load(tenant, () => over));
  const deps = await depsOf(own.running);
  const ofTenant = (items: Item[], tenant: string) =>
    items.filter(({ pk }) => String(pk).endsWith(`#${tenant}`));
  const restored: { table: TableName; items: Item[] }[] = [];
  for (const [older, tenant] of tenants) {
    await pause(1_500);
    const early = { patients: await itemsIn(deps, 'patients'), audit: await itemsIn(deps, 'audit') };
    await pause(1_500);
    const late = { patients: await itemsIn(deps, 'patients'), audit: await itemsIn(deps, 'audit') };
    const mixed = {
      ...late,
      ...(older === 'HEAD' ? {} : { [older]: early[older] }),
    };
    if (older === 'HEAD')
      mixed.patients = [
        ...early.patients.filter(({ sk }) => sk === 'HEAD'),
        ...late.patients.filter(({ sk }) => sk !== 'HEAD'),
      ];
    for (const table of ['patients', 'audit'] as const)
      restored.push({ table, items: ofTenant(mixed[table], tenant) });
  }
  over = true;
  await Promise.all(loads);

  const target = await ownService({ settings: unlimitedRates });
  const there = await depsOf(target.running);
  for (const { table, items } of restored) await putAll(there.store, there.table(table), items);
  const tenantsWith = async () =>
    new Set((await verified(target.running, () => pause(1))).map(({ key }) => key.pk.split('#')[1]));
  expect(await tenantsWith()).toEqual(new Set(tenants.values()));

  for (const tenant of tenants.values()) {
    const dry = await repairs.patients(there, tenant, { now: Date.now(), isDry: true });
    const done = await repairs.patients(there, tenant, { now: Date.now(), isDry: false });
    expect(done).toEqual(dry);
    expect(done).toMatchObject({ stuck: 0, head: true });
    expect(await repairs.patients(there, tenant, { now: Date.now(), isDry: false })).toEqual({
      ...{ undone: 0, rolledBack: 0, stuck: 0, head: false },
    });
  }
  expect(await verified(target.running)).toEqual([]);
  for (const tenantId of tenants.values()) {
    const people = await everybody(await target.person({ role: 'admin', tenantId }));
    expect(people.length).toBeGreaterThan(0);
    for (const [name, its = []] of Object.entries(Object.groupBy(people, (one) => one.last_name))) {
      const moved = its.filter(({ address }) => address === 'Moved').length;
      expect({ name, there: its.length, moved: moved % perBatch }).toEqual({
        name,
        there: perBatch,
        moved: 0,
      });
    }
    const { api } = await target.person({ role: 'admin', tenantId });
    expect((await api.patients.create({ body: newPatients(3) })).status).toBe(201);
  }
});
