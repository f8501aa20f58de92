import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { inParallel } from '../../core/parallel.ts';
import { endpoints } from '../../functions/index.ts';

const creatorOf = (n: number) => (n === 1 ? 'SP-CREATOR' : `SP-CREATOR-${n}`);

/** Who works, under fixed names, so that what was stored can be read again: tenant 1, 2, … */
const claimsOf = (n: number) => ({
  ...{ sub: `user-${n}`, tenant_id: `tenant-${n}`, role: 'admin' },
  ...{ creator: creatorOf(n), organization_id: `clinic-${n}` },
});

/** Times that a call is sent which a machine under load answers with 503, if it is safe to repeat. */
const sendingsMax = 4;

/** Calls as that person. @throws Error for every refusal, so that plain scripts may use it. */
async function caller(url: string, n: number) {
  const headers = { 'Content-Type': 'application/json' };
  const token = await fetch(`${url}/_local/token`, {
    method: 'POST',
    headers,
    body: JSON.stringify(claimsOf(n)),
  });
  const Authorization = `Bearer ${((await token.json()) as { token: string }).token}`;
  return async (method: string, path: string, init: RequestInit = {}) => {
    const sent = { ...init, method, headers: new Headers({ Authorization, ...init.headers }) };
    let response = await fetch(url + path, sent);
    let text = await response.text();
    const isSafe = method === 'GET' || sent.headers.has('Idempotency-Key');
    for (let sending = 2; response.status === 503 && isSafe && sending <= sendingsMax; sending++) {
      await pause(1_000);
      response = await fetch(url + path, sent);
      text = await response.text();
    }
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status} ${text}`);
    // biome-ignore lint/suspicious/noExplicitAny: bodies of six APIs
    return (text ? JSON.parse(text) : undefined) as any;
  };
}

const patient = (n: number) => ({
  ...{ first_name: 'Ada', last_name: `Moyo ${n}`, date_of_birth: '1988-04-12' },
  ...{ gender: 'female', phone: `+2557000000${10 + n}` },
});

const order = (id: number) => ({
  ...{ id, customer: { id: 5, username: 'john_doe', email: 'john@example.com' } },
  ...{ service: { id: 3, name: 'Plumbing Repair' }, professional: { id: 2, username: 'jane_plumber' } },
  ...{ status: 'in_progress', scheduled_date: '2025-11-20T14:00:00Z', total_price: '150.00' },
  ...{ address: '123 Main St', notes: '', created_at: `2025-01-0${id}T00:00:00Z` },
  updated_at: `2025-01-0${id}T00:00:00Z`,
});

const user = (id: number) => ({
  ...{ id, username: `user_${id}`, email: `user${id}@example.com`, first_name: 'Jane', last_name: 'Smith' },
  ...{ is_active: true, date_joined: `2025-01-0${id}T00:00:00Z` },
  profile: {
    ...{ user_type: 'professional', phone: '+1234567890', city: 'São Paulo', state: 'SP' },
    ...{ is_verified: false, is_premium: false, is_available: false, rating: '4.75', review_count: 24 },
  },
});

const service = (id: number) => ({
  ...{ id, name: 'Emergency Plumbing', description: 'At any hour', category: 'plumbing' },
  provider: { id: 2, username: 'jane_plumber', email: 'jane@example.com' },
  ...{ estimated_price: '200.00', is_active: true },
  ...{ created_at: `2025-01-0${id}T00:00:00Z`, updated_at: `2025-01-0${id}T00:00:00Z` },
});

const several = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n + 1));

/** About as far ahead as the API takes: most of a year. */
const nextYear = () => new Date(Date.now() + 300 * 86_400_000).toISOString();

const patienceMs = 60_000;

const finalStates = ['completed', 'partial', 'failed'];

/** The ids of what was written, by the path of the contract that shows one of them. */
export type Written = Record<string, string[]>;

/** The paths of all GETs of the contracts that show what a tenant has. */
export const shownPaths = ({ ops: _ofNoTenant, ...systems }: Record<string, object> = endpoints): string[] =>
  Object.values(systems)
    .flatMap((system) => Object.values<Endpoint>(system as Record<string, Endpoint>))
    .filter(({ method }) => method === 'GET')
    .map(({ path }) => path)
    // Asks Cliniko, and stores nothing.
    .filter((path) => path !== '/api/v1/cliniko/test-connection/{orgId}');

/** As much as these lists give at once; the others take no limit, or have few entries. */
const limits: Record<string, number> = {
  '/api/v1/patients': 500,
  '/api/v1/audit-logs': 500,
  '/api/messaging/contacts': 500,
  '/api/v1/admin/export/orders': 100,
};

/** Calls in flight: more would only wait for each other, since each begins a thread. */
const callsAtOnceMax = 4;

/**
 * The addresses at which a path of the contracts shows what the person has: none if that needs an id of
 * something that was not written.
 */
export function addressesOf(path: string, n: number, written: Written): string[] {
  const known: Record<string, string> = {
    ...{ orgId: `clinic-${n}`, creator: creatorOf(n), contentId: `video-${n}` },
  };
  const fixed = path.replace(/\{(\w+)\}/g, (parameter, name: string) => known[name] ?? parameter);
  if (!fixed.includes('{')) return [limits[path] ? `${fixed}?limit=${limits[path]}` : fixed];
  return (written[path] ?? []).map((id) => fixed.replace(/\{\w+\}/, id));
}

/**
 * What the API tells about the person's data, in all systems, by the address of the call.
 *
 * @param written what `workInEverySystem` gave; without it only what needs no id of something is shown.
 * @param paths GETs of the contracts.
 */
export async function everythingShown(
  url: string,
  n = 1,
  written: Written = {},
  paths: readonly string[] = shownPaths(),
): Promise<Record<string, unknown>> {
  const call = await caller(url, n);
  const shown: Record<string, unknown> = {};
  // One call of a path at a time, so that one thread of each function has to begin.
  const show = async (path: string) => {
    for (const address of addressesOf(path, n, written)) shown[address] = await call('GET', address);
  };
  await inParallel(paths, callsAtOnceMax, show);
  return shown;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs;
  // Ends at the end of patience.
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`there was no ${what}`);
    await pause(500);
  }
}

/** Calls the API with a JSON body. */
type Call = (method: string, path: string, body?: unknown) => ReturnType<Awaited<ReturnType<typeof caller>>>;

/** Makes calls that are safe to repeat. @param name of this piece of work, unlike that of each other. */
function callOf(raw: Awaited<ReturnType<typeof caller>>, name: string): Call {
  let calls = 0;
  return async (method, path, body) => {
    calls += 1;
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `${name}-${calls}` };
    return await raw(method, path, {
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
}

const ended = (call: Call, path: string) =>
  until(`end of ${path}`, async () => finalStates.includes((await call('GET', path)).status));

async function workOnPatients(call: Call): Promise<Written> {
  const { patients } = await call('POST', '/api/v1/batch/patients', several(3, patient));
  await call('PUT', '/api/v1/batch/patients', [{ id: patients[0].id, address: 'Another street' }]);
  await call('DELETE', '/api/v1/batch/patients', [patients[1].id]);
  // More than one DynamoDB transaction can hold.
  const many = await call('POST', '/api/v1/batch/patients', several(98, patient));
  await call(
    'DELETE',
    '/api/v1/batch/patients',
    many.patients.map(({ id }: { id: string }) => id),
  );
  return { '/api/v1/patients/{id}': [patients[0].id, patients[2].id] };
}

async function workOnMessages(call: Call, raw: Awaited<ReturnType<typeof caller>>): Promise<Written> {
  await call('POST', '/api/messaging/contacts/bulk-import', {
    import_type: 'csv',
    csv_data: 'name,phone_e164\nAda,+255700000001\nBob,+255700000002',
  });
  await call('POST', '/api/messaging/contacts/opt-out', { phone: '+255700000002' });
  const { contacts } = await call('GET', '/api/messaging/contacts');
  await call('POST', '/api/messaging/templates', { name: 'Hello', body: 'Hi {{name}}' });
  const sending = { contacts: [{ phone: '+255700000001' }], message: 'Hello', sender_id: 'MIFUMO' };
  const texts = [
    await call('POST', '/api/messaging/sms/bulk-send', sending),
    await call('POST', '/api/messaging/sms/bulk-send', { ...sending, schedule_at: nextYear() }),
  ];
  const form = new FormData();
  form.append(
    'file',
    new Blob(['phone,name,message\n+255700000003,Eve,Hi Eve\nnothing,Mallory,Hi\n']),
    'people.csv',
  );
  form.append('sender_id', 'MIFUMO');
  const { upload_id } = await raw('POST', '/api/messaging/sms/bulk-upload', { body: form });
  for (const path of [
    `/api/messaging/sms/batches/${texts[0].batch_id}`,
    `/api/messaging/sms/uploads/${upload_id}`,
  ])
    await until(`receipt for each text of ${path}`, async () => {
      const { total, delivered } = await call('GET', path);
      return delivered === total;
    });
  return {
    '/api/messaging/contacts/{contactId}': contacts.map(({ id }: { id: string }) => id),
    '/api/messaging/sms/batches/{id}': texts.map(({ batch_id }) => batch_id),
    '/api/messaging/sms/messages/{messageId}': texts.map(({ results }) => results[0].message_id),
    '/api/messaging/sms/uploads/{uploadId}': [upload_id],
  };
}

async function workOnClinics(call: Call, n: number): Promise<Written> {
  const api_key = `recorded-${n}-au1`;
  await call('POST', '/_local/cliniko/accounts', { api_key, patients: 3, archived: 1 });
  await call('PUT', `/api/v1/cliniko/settings/clinic-${n}`, {
    ...{ name: 'Clinic', api_key, contact_email: 'it@example.com', schedule: 'rate(1 days)' },
  });
  await call('POST', `/api/v1/cliniko/sync-all/clinic-${n}`);
  await until('end of a sync', async () => {
    const { logs } = await call('GET', `/api/v1/cliniko/sync-logs/clinic-${n}`);
    return logs[0]?.status === 'completed';
  });
  return {};
}

async function workOnContent(call: Call, n: number): Promise<Written> {
  const creator = creatorOf(n);
  const items = [{ contentId: `video-${n}`, title: 'Old', contentType: 'video' }];
  await call('POST', '/api/content', { creator, items });
  const priced = { creator, contentIds: [`video-${n}`], newPrice: 1_000 };
  const price = await call('POST', '/api/batches/batch-update-price', priced);
  const metadata = await call('POST', '/api/batches/batch-update-metadata', {
    ...{ creator, contentIds: [`video-${n}`] },
    updates: { title: 'New' },
  });
  const batches: string[] = [price.batchId, metadata.batchId];
  for (const id of batches) await ended(call, `/api/batches/${id}`);
  return { '/api/batches/{batchId}': batches };
}

async function workOnOrders(call: Call): Promise<Written> {
  await call('POST', '/api/v1/admin/import/orders', several(3, order));
  await call('POST', '/api/v1/admin/import/users', several(2, user));
  await call('POST', '/api/v1/admin/import/services', several(2, service));
  const { batch_id } = await call('POST', '/api/v1/admin/async/submit', {
    operation_type: 'order_update',
    operations: [{ resource_id: 1, data: { status: 'completed' } }],
  });
  await ended(call, `/api/v1/admin/async/status/${batch_id}`);
  return { '/api/v1/admin/async/status/{batch_id}': [String(batch_id)] };
}

/** Creates an API key and uses it. */
async function workOnKeys(call: Call, raw: Awaited<ReturnType<typeof caller>>): Promise<Written> {
  const { key } = await call('POST', '/api/v1/api-keys', { name: 'Till', role: 'viewer' });
  await raw('GET', '/api/v1/dashboard', { headers: { Authorization: `Bearer ${key}` } });
  await until('use of an API key', async () => {
    const { api_keys } = await call('GET', '/api/v1/api-keys');
    return api_keys[0].last_used_at !== null;
  });
  return {};
}

/**
 * Writes a little into each system, with work that waits: a text for next year, and a message to a webhook
 * whose receiver is away.
 *
 * @returns the ids of what is shown by id.
 */
export async function workInEverySystem(url: string, n = 1): Promise<Written> {
  const raw = await caller(url, n);
  const call = callOf(raw, `recorded-${n}`);
  await call('POST', '/api/v1/webhooks', {
    url: 'https://away.invalid/hook',
    events: ['sync.completed', 'batch.completed'],
  });
  const written = await Promise.all([
    workOnPatients(call),
    workOnMessages(call, raw),
    workOnClinics(call, n),
    workOnContent(call, n),
    workOnOrders(call),
    workOnKeys(call, raw),
  ]);
  return Object.assign({}, ...written);
}

/**
 * Changes in each system something of what `workInEverySystem` wrote, perhaps with another version.
 *
 * @param written what it gave.
 */
export async function changeInEverySystem(url: string, n: number, written: Written): Promise<void> {
  const call = callOf(await caller(url, n), `changed-${n}`);
  const [patientId] = written['/api/v1/patients/{id}'] ?? [];
  const [, laterTexts] = written['/api/messaging/sms/batches/{id}'] ?? [];
  await call('PUT', '/api/v1/batch/patients', [{ id: patientId, address: 'Moved again' }]);
  await call('POST', '/api/messaging/contacts/bulk-edit', {
    contact_ids: written['/api/messaging/contacts/{contactId}'],
    updates: { tags: ['changed'] },
  });
  await call('POST', `/api/messaging/sms/batches/${laterTexts}/cancel`);
  await call('PUT', `/api/v1/cliniko/settings/clinic-${n}`, {
    ...{ name: 'Renamed', api_key: `recorded-${n}-au1`, contact_email: 'it@example.com' },
    schedule: 'rate(2 days)',
  });
  const orders = several(3, (id) => ({ ...order(id), status: 'confirmed', notes: 'Changed' }));
  await call('POST', '/api/v1/admin/import/orders', orders);
  const { batchId } = await call('POST', '/api/batches/batch-update-metadata', {
    ...{ creator: creatorOf(n), contentIds: [`video-${n}`] },
    updates: { title: 'Changed' },
  });
  await ended(call, `/api/batches/${batchId}`);
}

/**
 * Begins work of each engine that takes a while, and does not wait for it. The person is another than those
 * who worked before, so that nothing changes of what theirs shows.
 *
 * @returns waits for the end of the work.
 */
export async function beginWork(url: string, n: number): Promise<(laterUrl: string) => Promise<void>> {
  const headers = { 'Content-Type': 'application/json' };
  const call = async (path: string, body: object) =>
    await (await caller(url, n))('POST', path, { headers, body: JSON.stringify(body) });
  const creator = creatorOf(n);
  await call('/api/v1/admin/import/orders', several(3, order));
  const items = [{ contentId: `video-${n}`, title: 'Old', contentType: 'video' }];
  await call('/api/content', { creator, items });
  const operations = several(100, (id) => ({
    ...{ resource_id: 2 + (id % 2), data: { status: 'completed', notes: `Note ${id}` } },
  }));
  const batch = await call('/api/v1/admin/async/submit', { operation_type: 'order_update', operations });
  const contacts = several(100, (id) => ({ phone: `+255700000${100 + id}` }));
  const texts = { contacts, message: 'Hello', sender_id: 'MIFUMO' };
  const sent = await call('/api/messaging/sms/bulk-send', texts);
  const priced = { creator, contentIds: [`video-${n}`], newPrice: 2_000 };
  const price = await call('/api/batches/batch-update-price', priced);
  return async (laterUrl) => {
    for (const path of [
      `/api/v1/admin/async/status/${batch.batch_id}`,
      `/api/messaging/sms/batches/${sent.batch_id}`,
      `/api/batches/${price.batchId}`,
    ])
      await until(`end of ${path}`, async () => {
        const { status } = await (await caller(laterUrl, n))('GET', path);
        if (finalStates.includes(status) && status !== 'completed')
          throw new Error(`${path} ended as ${status}`);
        return status === 'completed';
      });
  };
}
