import type { Caller } from '../../core/http/caller.ts';
import { Problem } from '../../core/http/problem.ts';
import { type Ledger, openLedger, type View } from '../../core/ledger/ledger.ts';
import { recoveryMessageOf } from '../../core/ledger/transaction-ref.ts';
import { send } from '../../core/queue.ts';
import { mayBelongTo } from '../../core/record-id.ts';
import { asPatient, type Patient } from './patient.ts';

let ledger: Ledger<Patient> | undefined;

/** The counters to which a patient adds 1: in total and by gender. */
export const patientCounters = (document: Patient): string[] => [
  'total',
  `gender:${asPatient(document).gender}`,
];

/**
 * Ledger of the patients of all tenants, with exact counters in total and by gender. Opened on first use. A
 * transaction counts each patient before and after its change, so it also checks what it read and writes.
 */
export function patientLedger(): Ledger<Patient> {
  ledger ??= openLedger<Patient>({
    name: 'patients',
    counters: patientCounters,
    scheduleRecovery: (transaction, delaySeconds) =>
      send('patientRecovery', transaction.tenant, recoveryMessageOf(transaction), delaySeconds),
  });
  return ledger;
}

/**
 * Tenants in which patients with these ids can be: for a super_admin every tenant that the id may belong to,
 * for others their own.
 */
export async function placesOf(caller: Caller, ids: string[]): Promise<{ tenant: string; id: string }[]> {
  if (caller.role !== 'super_admin') return ids.map((id) => ({ tenant: caller.tenantId, id }));
  const tenants = await patientLedger().tenants();
  return ids.flatMap((id) =>
    tenants.filter((tenant) => mayBelongTo(id, tenant)).map((tenant) => ({ tenant, id })),
  );
}

/** Tenants that a caller reads: their own, or for a super_admin the requested one or all. */
export const visibleTo = (caller: Caller, asked: string | null | undefined): string | 'all' =>
  caller.role === 'super_admin' ? (asked ?? 'all') : caller.tenantId;

/**
 * Queries a snapshot of one tenant or of all. The result is cached under `key` until a transaction of these
 * tenants commits.
 *
 * @returns the result, and the header `X-Cache`.
 */
export async function querySnapshot<V>(
  tenants: string | 'all',
  key: string,
  query: (views: View<Patient>[]) => Promise<V>,
) {
  const { value, cached } =
    tenants === 'all'
      ? await patientLedger().readAcross('all', key, query)
      : await patientLedger().read(tenants, key, (view) => query([view]));
  return { value, headers: { 'X-Cache': cached ? 'hit' : 'miss' } };
}

export const notFound = (id: string) => new Problem('not_found', `Patient ${id} not found`);
