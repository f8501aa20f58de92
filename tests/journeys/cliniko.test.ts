import { expect, test } from 'vitest';
import { ended, register, upstream } from '../cliniko/fixtures.ts';
import { somebody } from '../people.ts';

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
