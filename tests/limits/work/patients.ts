import { newPatient } from '../../patients/fixtures.ts';
import type { Person } from '../../people.ts';
import { type Caller, compared, type Wrong } from '../caller.ts';

const BATCH = '/api/v1/batch/patients';
const perBatch = 20;

interface Patient {
  id: string;
  first_name: string;
  last_name: string;
  phone: string;
}

/** All patients of a tenant, page by page. */
async function everybody({ insist }: Caller, person: Person): Promise<Patient[]> {
  const all: Patient[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await insist(
      person,
      'GET',
      `/api/v1/patients?limit=500${cursor ? `&cursor=${cursor}` : ''}`,
    );
    all.push(...body.patients);
    cursor = body.next_cursor ?? null;
  } while (cursor);
  return all;
}

/**
 * Writers create, change and delete batches of 20 in one tenant, while a reader watches that each batch is
 * there as a whole, changed as a whole, and gone as a whole.
 */
export async function patients(caller: Caller, rounds: number): Promise<Wrong> {
  const { tenantId } = await caller.person();
  const kept: string[] = [];
  let partial = 0;
  let busy = true;

  async function watch(): Promise<void> {
    const reader = await caller.person({ tenantId });
    // Ends with the writers.
    while (busy) {
      const seen = await everybody(caller, reader);
      for (const batch of Object.values(Object.groupBy(seen, ({ last_name }) => last_name))) {
        const its = batch ?? [];
        const changed = its.filter(({ phone }) => phone === '+255712999999').length;
        if (its.length !== perBatch || (changed !== 0 && changed !== perBatch)) partial += 1;
      }
    }
  }

  async function write(writer: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const person = await caller.person({ tenantId });
      const last_name = `Batch ${writer} ${round}`;
      const body = Array.from({ length: perBatch }, (_, n) => newPatient(n, { last_name }));
      const created = await caller.insist(person, 'POST', BATCH, body);
      const ids = (created.body.patients as Patient[]).map(({ id }) => id);
      await caller.insist(
        person,
        'PUT',
        BATCH,
        ids.map((id) => ({ id, phone: '+255712999999' })),
      );
      if (round % 2 === 0) kept.push(...ids);
      else await caller.insist(person, 'DELETE', BATCH, ids);
    }
  }

  const watching = watch();
  try {
    await Promise.all([1, 2, 3].map(write));
  } finally {
    busy = false;
  }
  await watching;
  const found = await everybody(caller, await caller.person({ tenantId }));
  return {
    ...compared(
      kept,
      found.map(({ id }) => id),
    ),
    partial,
  };
}
