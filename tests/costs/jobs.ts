import { randomUUID } from 'node:crypto';
import { callerOf } from '../bench/http.ts';
import { tablesOf } from '../service/tables.ts';
import type { Consumed } from './consumed.ts';
import { contactsCsv, longOrders, patients, phones } from './records.ts';
import type { User, World } from './world.ts';

/** Work whose consumption is counted. */
export interface Job {
  readonly name: string;
  /** What comes before and is not counted; returns the work that is. */
  prepare(world: World, user: User): Promise<() => Promise<unknown>>;
  /** What only a user sees who looks whether the work was done. @throws Error if it was not. */
  verify?(user: User): Promise<void>;
  /** Milliseconds without consumption after which it has ended, where it waits for something. */
  readonly quietMs?: number;
}

/** @throws Error unless an answer has all of these. */
function assertHas(answer: string, ...wanted: string[]): void {
  for (const text of wanted)
    if (!answer.includes(text)) throw new Error(`${text} is not in ${answer.slice(0, 500)}`);
}

const parsed = <T>({ text }: { text: string }): T => JSON.parse(text) as T;

async function createdPatients(user: User, count: number): Promise<string[]> {
  const reply = await user.call('POST', '/api/v1/batch/patients', patients(count));
  return parsed<{ patients: { id: string }[] }>(reply).patients.map(({ id }) => id);
}

const createPatients = (count: number): Job => ({
  name: count === 1 ? 'create 1 patient' : `create ${count} patients`,
  prepare: async (_world, user) => () => user.call('POST', '/api/v1/batch/patients', patients(count)),
});

/** Texts of one batch, from the call to the last receipt. */
export const sendTexts = (count: number): Job => ({
  name: count === 1 ? 'send 1 text, with its receipt' : `send ${count} texts, with their receipts`,
  prepare: async (_world, user) => {
    const contacts = phones(count).map((phone, n) => ({ phone, name: `Asha ${n}` }));
    const message = 'Hello {{name}}, please call before arriving: the gate has another code.';
    const body = { contacts, message, sender_id: `T${randomUUID().slice(0, 8)}` };
    return () => user.call('POST', '/api/messaging/sms/bulk-send', body);
  },
});

/** Patients of the clinic whose syncs are counted. */
export const clinicPatients = 1_000;

/** Registers an organisation with an account of its own in the stand-in for Cliniko. */
export async function newClinic({ running }: World, user: User, patients = clinicPatients) {
  const key = `costs-${randomUUID()}-au1`;
  const accounts = `${running.url}/_local/cliniko/accounts`;
  await fetch(accounts, { method: 'POST', body: JSON.stringify({ api_key: key, patients }) });
  const contact_email = 'it@example.com';
  await user.call('PUT', '/api/v1/cliniko/settings/1', { name: 'Costs', api_key: key, contact_email });
  return {
    schedule: (rate: string) =>
      // With the key again it would be taken for another account, which is read as a whole.
      user.call('PUT', '/api/v1/cliniko/settings/1', { name: 'Costs', contact_email, schedule: rate }),
    change: (changes: Record<string, number>) =>
      fetch(`${accounts}/${key}/changes`, { method: 'POST', body: JSON.stringify(changes) }),
  };
}

/** Starts a sync of all patients of the clinic. */
export const startSync = (user: User) => () => user.call('POST', '/api/v1/cliniko/sync-all/1');

const longAgo = '2020-01-01T00:00:00.000Z';

/** Makes the scheduled sync of a tenant's only organisation due. */
async function makeDue({ running }: World, { tenantId }: User): Promise<void> {
  const tables = tablesOf(running);
  const items = await tables.scan('cliniko');
  const settings = items.find(({ due_at, pk }) => due_at && String(pk).includes(tenantId));
  const entry = items.find(({ pk, sk }) => pk === 'DUE' && String(sk).includes(tenantId));
  if (!settings || !entry) throw new Error('the organisation has no schedule');
  await tables.set('cliniko', { pk: settings.pk, sk: settings.sk }, 'due_at', longAgo);
  await tables.move('cliniko', entry, { sk: String(entry.sk).replace(String(settings.due_at), longAgo) });
}

/** Runs the worker that a contract describes so. */
async function runScheduled({ running }: World, summary: string): Promise<void> {
  const found = running.stack
    .resources<{ Description?: string }>('AWS::Lambda::Function')
    .find(({ properties }) => properties.Description === summary);
  if (!found) throw new Error(`no function says ${summary}`);
  await running.invoke(found.logicalId, {});
}

/** An admin batch of one order, and a webhook that is told of its end, if wanted. */
const oneChange = (name: string, isTold: boolean): Job => ({
  name,
  async prepare({ running }, user) {
    await user.call('POST', '/api/v1/admin/import/orders/', longOrders(1));
    if (isTold) {
      const url = `${running.url}/_local/webhook/costs`;
      await user.call('POST', '/api/v1/webhooks', { url, events: ['batch.completed'] });
    }
    const operations = [{ resource_id: 1, data: { status: 'confirmed' } }];
    const body = { operation_type: 'order_update', operations };
    return () => user.call('POST', '/api/v1/admin/async/submit/', body);
  },
});

/** Prices on the chain, each in a transaction of its own, until they are settled. */
const setPrices = (count: number): Job => ({
  name: `set ${count} prices on the chain`,
  // The driver waits for blocks between its runs.
  quietMs: 12_000,
  async prepare(_world, { sub, call }) {
    const run = randomUUID().slice(0, 13);
    const contentIds = Array.from({ length: count }, (_, n) => `${run}-${n}`);
    const items = contentIds.map((contentId) => ({
      ...{ contentId, title: `Lesson ${contentId}`, contentType: 'video' },
    }));
    await call('POST', '/api/content', { creator: sub, items });
    return () =>
      call('POST', '/api/batches/batch-update-price', { creator: sub, contentIds, newPrice: 1_000_000 });
  },
  async verify({ sub, call }) {
    const { text } = await call('GET', `/api/batches/creator/${sub}`);
    assertHas(text, '"status":"completed"', `"successCount":${count}`);
  },
});

const jobs: readonly Job[] = [
  createPatients(1),
  createPatients(100),
  createPatients(500),
  {
    name: 'update 100 patients',
    async prepare(_world, user) {
      const ids = await createdPatients(user, 100);
      const changes = ids.map((id, n) => ({ id, phone: `+25572${String(n).padStart(7, '0')}` }));
      return () => user.call('PUT', '/api/v1/batch/patients', changes);
    },
  },
  {
    name: 'delete 100 patients',
    async prepare(_world, user) {
      const ids = await createdPatients(user, 100);
      return () => user.call('DELETE', '/api/v1/batch/patients', ids);
    },
  },
  {
    name: 'repeat a create of 100 patients by its Idempotency-Key',
    async prepare(_world, user) {
      const headers = { 'Idempotency-Key': randomUUID() };
      const call = () => user.call('POST', '/api/v1/batch/patients', patients(100), headers);
      await call();
      return call;
    },
  },
  {
    name: 'a call beyond its rate limit',
    async prepare(_world, user) {
      const call = () => user.call('POST', '/api/v1/batch/patients', patients(1));
      // Ends with the first refusal: every endpoint of the seeds has a limit.
      for (let calls = 0; calls < 1_000; calls++) if (await refused(call)) break;
      return () => refused(call);
    },
  },
  {
    name: 'a list of 50 patients, by a user’s token',
    async prepare(_world, user) {
      await createdPatients(user, 50);
      return () => user.call('GET', '/api/v1/patients');
    },
  },
  {
    name: 'a list of 50 patients, by an API key',
    async prepare({ running }, user) {
      await createdPatients(user, 50);
      const made = await user.call('POST', '/api/v1/api-keys', { name: 'Costs', role: 'user' });
      const machine = callerOf(running.url, parsed<{ key: string }>(made).key);
      return () => machine.call('GET', '/api/v1/patients').finally(machine.close);
    },
  },
  {
    name: 'import 1,000 contacts',
    async prepare(_world, user) {
      const csv_data = contactsCsv(1_000);
      return () => user.call('POST', '/api/messaging/contacts/bulk-import', { import_type: 'csv', csv_data });
    },
  },
  sendTexts(1),
  sendTexts(1_000),
  {
    name: `sync of ${clinicPatients} patients, the first`,
    async prepare(world, user) {
      await newClinic(world, user);
      return startSync(user);
    },
  },
  {
    name: `sync of ${clinicPatients} patients, all unchanged`,
    async prepare(world, user) {
      await newClinic(world, user);
      await world.consumed(startSync(user));
      return startSync(user);
    },
  },
  {
    name: `incremental sync of ${clinicPatients} patients, 20 changed`,
    async prepare(world, user) {
      const clinic = await newClinic(world, user);
      await world.consumed(startSync(user));
      await clinic.schedule('rate(1 hour)');
      await makeDue(world, user);
      await clinic.change({ update: 20 });
      return () => runScheduled(world, 'Resume syncs whose worker died and start those that are due');
    },
    async verify(user) {
      const { text } = await user.call('GET', '/api/v1/cliniko/sync-logs/1?limit=1');
      assertHas(text, '"operation_type":"incremental_patients"', '"status":"completed"');
    },
  },
  {
    name: 'import 1,000 orders',
    prepare: async (_world, user) => () =>
      user.call('POST', '/api/v1/admin/import/orders/', longOrders(1_000)),
  },
  {
    name: 'change 100 orders in one call',
    async prepare(_world, user) {
      await user.call('POST', '/api/v1/admin/import/orders/', longOrders(100));
      const body = { order_ids: longOrders(100).map(({ id }) => id), status: 'confirmed' };
      return () => user.call('POST', '/api/v1/admin/bulk/orders/update-status/', body);
    },
  },
  {
    name: 'change 1,000 orders in an asynchronous batch',
    async prepare(_world, user) {
      await user.call('POST', '/api/v1/admin/import/orders/', longOrders(1_000));
      const operations = longOrders(1_000).map(({ id }) => ({
        resource_id: id,
        data: { status: 'confirmed' },
      }));
      const body = { operation_type: 'order_update', operations };
      return () => user.call('POST', '/api/v1/admin/async/submit/', body);
    },
  },
  oneChange('change 1 order in an asynchronous batch', false),
  oneChange('change 1 order in an asynchronous batch, and tell a webhook', true),
  setPrices(25),
  {
    name: 'export 10,000 orders',
    async prepare(_world, user) {
      const all = longOrders(10_000);
      for (let from = 0; from < all.length; from += 1_000)
        await user.call('POST', '/api/v1/admin/import/orders/', all.slice(from, from + 1_000));
      return () => user.call('GET', '/api/v1/admin/export/orders/?limit=10000');
    },
  },
];

/** True if a call is refused. */
const refused = (call: () => Promise<unknown>): Promise<boolean> =>
  call().then(
    () => false,
    () => true,
  );

/** The jobs that have one of these words in their name; all without any. */
export const jobsNamed = (words: readonly string[]): Job[] =>
  jobs.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));

/** Counts a job, done by a user of a tenant of his own. */
export async function count(world: World, { prepare, verify, quietMs }: Job): Promise<Consumed> {
  const user = await world.user();
  const work = await prepare(world, user);
  const consumed = await world.consumed(work, quietMs);
  await verify?.(user);
  return consumed;
}
