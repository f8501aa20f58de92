import { randomInt, randomUUID } from 'node:crypto';
import { order, several } from '../admin/records.ts';
import { newPatients } from '../bench/patients.ts';
import type { Consumed } from './consumed.ts';
import type { User, World } from './world.ts';

/** Work whose consumption is counted. */
export interface Job {
  readonly name: string;
  /** What comes before and is not counted; returns the work that is. */
  prepare(world: World, user: User): Promise<() => Promise<unknown>>;
  /** Milliseconds without consumption after which it has ended, where it waits for something. */
  readonly quietMs?: number;
}

/** Fills an order up to about 1.35 KB of JSON. */
const notes = 'The customer was at home and the sink is tight again. '.repeat(18);

const orders = (count: number) => several(count, (id) => order(id, { notes }));

/** Numbers of Tanzanian mobiles. */
function phones(count: number): string[] {
  const first = randomInt(1_000_000) * 10;
  return Array.from(
    { length: count },
    (_, n) => `+25571${String((first + n) % 10_000_000).padStart(7, '0')}`,
  );
}

const parsed = <T>({ text }: { text: string }): T => JSON.parse(text) as T;

async function createdPatients(user: User, count: number): Promise<string[]> {
  const reply = await user.call('POST', '/api/v1/batch/patients', newPatients(count));
  return parsed<{ patients: { id: string }[] }>(reply).patients.map(({ id }) => id);
}

const createPatients = (count: number): Job => ({
  name: count === 1 ? 'create 1 patient' : `create ${count} patients`,
  prepare: async (_world, user) => () => user.call('POST', '/api/v1/batch/patients', newPatients(count)),
});

/** Texts of one batch, from the call to the last receipt. */
export const sendTexts = (count: number): Job => ({
  name: count === 1 ? 'send 1 text, with its receipt' : `send ${count} texts, with their receipts`,
  prepare: async (_world, user) => {
    const contacts = phones(count).map((phone) => ({ phone, name: 'Somebody' }));
    const body = { contacts, message: 'Hello {{name}}', sender_id: `T${randomUUID().slice(0, 8)}` };
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
  await user.call('PUT', '/api/v1/cliniko/settings/1', {
    ...{ name: 'Costs', api_key: key, contact_email: 'it@example.com' },
  });
  return {
    change: (changes: Record<string, number>) =>
      fetch(`${accounts}/${key}/changes`, { method: 'POST', body: JSON.stringify(changes) }),
  };
}

/** Starts a sync of all patients of the clinic. */
export const startSync = (user: User) => () => user.call('POST', '/api/v1/cliniko/sync-all/1');

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
      const call = () => user.call('POST', '/api/v1/batch/patients', newPatients(100), headers);
      await call();
      return call;
    },
  },
  {
    name: 'a call beyond its rate limit',
    async prepare(_world, user) {
      const call = () => user.call('POST', '/api/v1/batch/patients', newPatients(1));
      // Ends with the first refusal: every endpoint of the seeds has a limit.
      for (let calls = 0; calls < 1_000; calls++) if (await refused(call)) break;
      return () => refused(call);
    },
  },
  {
    name: 'import 1,000 contacts',
    async prepare(_world, user) {
      const rows = phones(1_000).map((phone, n) => `Person ${n},${phone},p${n}@example.com,vip`);
      const csv_data = ['name,phone_e164,email,tags', ...rows].join('\n');
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
    name: 'import 1,000 orders',
    prepare: async (_world, user) => () => user.call('POST', '/api/v1/admin/import/orders/', orders(1_000)),
  },
  {
    name: 'change 100 orders in one call',
    async prepare(_world, user) {
      await user.call('POST', '/api/v1/admin/import/orders/', orders(100));
      const body = { order_ids: orders(100).map(({ id }) => id), status: 'confirmed' };
      return () => user.call('POST', '/api/v1/admin/bulk/orders/update-status/', body);
    },
  },
  {
    name: 'change 1,000 orders in an asynchronous batch',
    async prepare(_world, user) {
      await user.call('POST', '/api/v1/admin/import/orders/', orders(1_000));
      const operations = orders(1_000).map(({ id }) => ({ resource_id: id, data: { status: 'confirmed' } }));
      const body = { operation_type: 'order_update', operations };
      return () => user.call('POST', '/api/v1/admin/async/submit/', body);
    },
  },
  {
    name: 'export 10,000 orders',
    async prepare(_world, user) {
      const all = orders(10_000);
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
export async function count(world: World, { prepare, quietMs }: Job): Promise<Consumed> {
  const user = await world.user();
  const work = await prepare(world, user);
  return await world.consumed(work, quietMs);
}
