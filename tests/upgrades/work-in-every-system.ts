import { setTimeout as pause } from 'node:timers/promises';

const creator = 'SP-CREATOR';

/** Who works, under fixed names, so that what was stored can be read again: tenant 1, 2, … */
const claimsOf = (n: number) => ({
  ...{ sub: `user-${n}`, tenant_id: `tenant-${n}`, role: 'admin' },
  ...{ creator, organization_id: `clinic-${n}` },
});

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
    const sent = { ...init, method, headers: { Authorization, ...init.headers } };
    const response = await fetch(url + path, sent);
    const text = await response.text();
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

const several = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n + 1));

/** About as far ahead as the API takes: most of a year. */
const nextYear = () => new Date(Date.now() + 300 * 86_400_000).toISOString();

const patienceMs = 60_000;

const finalStates = ['completed', 'partial', 'failed'];

/** What the API tells about the person's data, in all systems. */
export async function everythingShown(url: string, n = 1): Promise<Record<string, unknown>> {
  const call = await caller(url, n);
  const shown: Record<string, unknown> = {};
  for (const path of [
    '/api/v1/patients?limit=500',
    '/api/v1/dashboard',
    '/api/v1/audit-logs',
    '/api/messaging/contacts/?limit=500',
    '/api/messaging/templates/',
    `/api/v1/cliniko/settings/clinic-${n}`,
    `/api/v1/cliniko/sync-logs/clinic-${n}`,
    `/api/v1/cliniko/active-patients/clinic-${n}`,
    `/api/content/video-${n}`,
    '/api/v1/admin/export/orders?limit=100',
    '/api/v1/admin/async/',
    '/api/v1/webhooks',
  ])
    shown[path] = await call('GET', path);
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

/**
 * Writes a little into each system, with work that waits: a text for next year, and a message to a webhook
 * whose receiver is away.
 */
export async function workInEverySystem(url: string, n = 1): Promise<void> {
  const raw = await caller(url, n);
  let calls = 0;
  const call = async (method: string, path: string, body?: unknown) => {
    calls += 1;
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `recorded-${n}-${calls}` };
    return await raw(method, path, {
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
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

  await call('POST', '/api/messaging/contacts/bulk-import', {
    import_type: 'csv',
    csv_data: 'name,phone_e164\nAda,+255700000001\nBob,+255700000002',
  });
  await call('POST', '/api/messaging/contacts/opt-out', { phone: '+255700000002' });
  await call('POST', '/api/messaging/templates', { name: 'Hello', body: 'Hi {{name}}' });
  const sending = { contacts: [{ phone: '+255700000001' }], message: 'Hello', sender_id: 'MIFUMO' };
  const sent = await call('POST', '/api/messaging/sms/bulk-send', sending);
  await call('POST', '/api/messaging/sms/bulk-send', { ...sending, schedule_at: nextYear() });
  const form = new FormData();
  form.append(
    'file',
    new Blob(['phone,name,message\n+255700000003,Eve,Hi Eve\nnothing,Mallory,Hi\n']),
    'people.csv',
  );
  form.append('sender_id', 'MIFUMO');
  await raw('POST', '/api/messaging/sms/bulk-upload', { body: form });

  await call('POST', '/api/v1/webhooks', {
    url: 'https://away.invalid/hook',
    events: ['sync.completed', 'batch.completed'],
  });
  const api_key = `recorded-${n}-au1`;
  await raw('POST', '/_local/cliniko/accounts', {
    body: JSON.stringify({ api_key, patients: 3, archived: 1 }),
  });
  await call('PUT', `/api/v1/cliniko/settings/clinic-${n}`, {
    ...{ name: 'Clinic', api_key, contact_email: 'it@example.com', schedule: 'rate(1 days)' },
  });
  await call('POST', `/api/v1/cliniko/sync-all/clinic-${n}`);

  const items = [{ contentId: `video-${n}`, title: 'Old', contentType: 'video' }];
  await call('POST', '/api/content', { creator, items });
  const priced = { creator, contentIds: [`video-${n}`], newPrice: 1_000 };
  const price = await call('POST', '/api/batches/batch-update-price', priced);
  await call('POST', '/api/batches/batch-update-metadata', {
    ...{ creator, contentIds: [`video-${n}`] },
    updates: { title: 'New' },
  });

  await call('POST', '/api/v1/admin/import/orders', several(3, order));
  const batch = await call('POST', '/api/v1/admin/async/submit', {
    operation_type: 'order_update',
    operations: [{ resource_id: 1, data: { status: 'completed' } }],
  });

  const ended = (path: string) => async () => finalStates.includes((await call('GET', path)).status);
  await until('end of a batch', ended(`/api/v1/admin/async/status/${batch.batch_id}`));
  await until('end of a batch of texts', ended(`/api/messaging/sms/batches/${sent.batch_id}`));
  await until('price', ended(`/api/batches/${price.batchId}`));
  await until('end of a sync', async () => {
    const { logs } = await call('GET', `/api/v1/cliniko/sync-logs/clinic-${n}`);
    return logs[0]?.status === 'completed';
  });
}

/** Begins work of each engine that takes a while, and does not wait for it. */
export async function beginWork(url: string, n: number): Promise<(laterUrl: string) => Promise<void>> {
  const headers = { 'Content-Type': 'application/json' };
  const call = async (path: string, body: object) =>
    await (await caller(url, n))('POST', path, { headers, body: JSON.stringify(body) });
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
