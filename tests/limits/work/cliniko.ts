import { upstream } from '../../cliniko/fixtures.ts';
import { type Caller, compared, until, type Wrong } from '../caller.ts';

/** A sync stores all patients of a clinic, each once. */
export async function cliniko({ running, person, insist }: Caller, rounds: number): Promise<Wrong> {
  const admin = await person();
  const count = 60 * rounds;
  const account = await upstream({ patients: count, archived: 10 }, running.url);
  const settings = { name: 'Clinic', api_key: account.apiKey, contact_email: 'it@example.com' };
  await insist(admin, 'PUT', '/api/v1/cliniko/settings/123', settings);
  // 429 after a lost answer: the sync has begun.
  await insist(admin, 'POST', '/api/v1/cliniko/sync-all/123', undefined, 429);
  let log: { status: string; records_success: number } | undefined;
  await until('the end of a sync', async () => {
    const reader = await person({ tenantId: admin.tenantId });
    log = (await insist(reader, 'GET', '/api/v1/cliniko/sync-logs/123?limit=1')).body.logs[0];
    return log?.status !== 'running' && log !== undefined;
  });
  if (log?.status !== 'completed') throw new Error(`the sync ended as ${JSON.stringify(log)}`);
  const found: string[] = [];
  for (let more = true; more; ) {
    const path = `/api/v1/cliniko/active-patients/123?limit=500&offset=${found.length}`;
    const { body } = await insist(admin, 'GET', path);
    found.push(...body.patients.map((patient: { cliniko_patient_id: string }) => patient.cliniko_patient_id));
    more = body.pagination.has_next;
  }
  const { doubled } = compared(found, found);
  return { lost: count - found.length, doubled, partial: 0 };
}
