import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { clinic, ended, ok, register, upstream } from '../cliniko/fixtures.ts';
import { type Person, somebody } from '../people.ts';

const run = promisify(execFile);

/** An example as the documentation has it; only the token and, since 8000 may be taken here, the port are filled in. */
async function example(file: string, { token }: Person): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'cliniko', file), 'utf8');
  return text
    .replaceAll('http://localhost:8000', inject('url'))
    .replaceAll('https://your-api.routiq.com', inject('url'))
    .replaceAll('{token}', token);
}

/** What curl printed: one answer after the other. */
async function answersOf(script: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await run('sh', ['-c', script]);
  return stdout.split(/(?<=\})(?=\{)/).map((text) => JSON.parse(text) as Record<string, unknown>);
}

test('answers the cURL examples for development', async () => {
  const place = await clinic({ patients: 648 });
  const [connection, start, logs] = await answersOf(await example('development.sh', place.admin));
  expect(connection).toMatchObject({ status: 'connected', total_patients: 648 });
  expect(start).toMatchObject({ success: true, message: 'Full patient sync started for organization 123' });
  expect(logs).toMatchObject({
    logs: [{ organization_id: 123, operation_type: 'full_patients', records_failed: 0, error_details: null }],
    total_count: 1,
    has_more: false,
  });
  await ended(place);
});

test('answers the cURL example for production', async () => {
  const place = await clinic({ patients: 3 });
  const [start] = await answersOf(await example('production.sh', place.admin));
  expect(start).toMatchObject({ success: true, operation_type: 'full_patients' });
  await ended(place);
});

test('lets a dashboard poll as the TypeScript examples do, until the sync is at its end', {
  timeout: 60_000,
}, async () => {
  const place = await clinic({ patients: 648, latency_ms: 250 });
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  // What the examples take for granted: the page’s own address and session, and a place to draw.
  const page = `
    type SyncLog = any;
    const load = globalThis.fetch;
    const session = { headers: { Authorization: 'Bearer ${place.admin.token}' } };
    globalThis.fetch = (path) => load('${inject('url')}' + path, session);
    const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const drawn: { status: string; progress: number }[] = [];
    const updateProgress = (log: SyncLog) => drawn.push({ status: log.status, progress: calculateProgress(log) });`;
  const examples = await Promise.all(
    ['polling.ts.txt', 'progress.ts.txt'].map((file) => example(file, place.admin)),
  );
  const script = [page, ...examples, "await monitorSync('123');", 'console.log(JSON.stringify(drawn));'];
  const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', script.join('\n')]);
  const drawn = JSON.parse(stdout) as { status: string; progress: number }[];
  expect(drawn.length).toBeGreaterThan(1);
  expect(drawn.at(-1)).toEqual({ status: 'completed', progress: 100 });
  expect(drawn.slice(0, -1).every(({ status }) => status === 'running')).toBe(true);
  const shares = drawn.map(({ progress }) => progress);
  expect(shares).toEqual(shares.toSorted((one, other) => one - other));
});

test('walks through the sync of an organisation as the documentation describes it', async () => {
  const admin = await somebody({ role: 'admin' });
  const account = await upstream();
  await register(admin, '123', account.apiKey);

  const connection = await admin.fetch('/api/v1/cliniko/test-connection/123');
  expect(connection.status).toBe(200);
  expect(await connection.json()).toEqual({
    status: 'connected',
    total_patients: 648,
    api_version: 'v1',
    connection_test: 'passed',
    organization: { name: 'Surf Rehab', cliniko_id: '12345' },
  });

  const started = await admin.fetch('/api/v1/cliniko/sync-all/123', { method: 'POST' });
  expect(started.status).toBe(200);
  expect(await started.json()).toEqual({
    success: true,
    message: 'Full patient sync started for organization 123',
    operation_type: 'full_patients',
    expected_duration: '30-120 seconds',
    sync_log_id: expect.any(Number),
  });

  const log = await ended({ admin, orgId: '123', account });
  expect(log).toMatchObject({
    organization_id: 123,
    operation_type: 'full_patients',
    status: 'completed',
    records_processed: 648,
    records_success: 648,
    records_failed: 0,
    metadata: {
      patients_found: 648,
      patients_stored: 648,
      sync_type: 'full_patients',
      current_page: 7,
      total_pages: 7,
      progress_percent: 100,
    },
    error_details: null,
  });

  const status = await admin.fetch('/api/v1/cliniko/status/123');
  expect(await status.json()).toEqual({
    sync_status: 'completed',
    last_sync: expect.stringMatching(/Z$/),
    patient_counts: { total_in_cliniko: 648, synced_to_database: 648, success_rate: 100 },
    sync_duration: expect.stringMatching(/^\d+s$/),
    operation_type: 'full_patients',
  });

  const patients = await admin.fetch('/api/v1/cliniko/active-patients/123');
  const { patients: listed, pagination } = (await patients.json()) as {
    patients: Record<string, unknown>[];
    pagination: object;
  };
  expect(pagination).toEqual({ total: 648, limit: 50, offset: 0, has_next: true });
  expect(listed).toHaveLength(50);
  expect(listed[0]).toEqual({
    id: expect.any(Number),
    cliniko_patient_id: '1764028746571981724',
    first_name: expect.any(String),
    last_name: expect.any(String),
    email: 'patient.0@example.com',
    phone: '+61 410 000 000',
    date_of_birth: expect.any(String),
    last_synced: expect.stringMatching(/Z$/),
    sync_status: 'success',
  });
});
