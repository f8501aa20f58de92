import type { Caller } from '../../core/http/caller.ts';
import { Problem } from '../../core/http/problem.ts';
import { type Ledger, openLedger, type View } from '../../core/ledger/ledger.ts';
import { send } from '../../core/queue.ts';
import { mayBelongTo } from '../../core/record-id.ts';
import type { Patient } from './patient.ts';

let ledger: Ledger<Patient> | undefined;

/** The patients of every tenant, with exact counts of them in all and by gender. Opened on first use. */
export function patientLedger(): Ledger<Patient> {
  ledger ??= openLedger<Patient>({
    name: 'patients',
    counters: ({ gender }) => ['total', `gender:${gender}`],
    scheduleRecovery: ({ tenant, txId }, delaySeconds) =>
      send('patientRecovery', tenant, { version: 1, tenant, batch: txId }, delaySeconds),
  });
  return ledger;
}

/** Where a patient with each of these ids would be, as far as the caller may know: a super_admin's patients are in every tenant. */
export async function placesOf(caller: Caller, ids: string[]): Promise<{ tenant: string; id: string }[]> {
  if (caller.role !== 'super_admin') return ids.map((id) => ({ tenant: caller.tenantId, id }));
  const tenants = await patientLedger().tenants();
  return ids.flatMap((id) =>
    tenants.filter((tenant) => mayBelongTo(id, tenant)).map((tenant) => ({ tenant, id })),
  );
}

/** The tenants that a caller sees: their own, or for a super_admin the one asked for, or all. */
export const visibleTo = (caller: Caller, asked: string | null | undefined): string | 'all' =>
  caller.role === 'super_admin' ? (asked ?? 'all') : caller.tenantId;

/**
 * Answers a question about one tenant, or about all at one instant. The answer is remembered under `key` for as long as no batch
 * of those tenants commits.
 *
 * @returns the answer, and as headers whether it was remembered.
 */
export async function ask<V>(
  tenants: string | 'all',
  key: string,
  question: (views: View<Patient>[]) => Promise<V>,
) {
  const { value, cached } =
    tenants === 'all'
      ? await patientLedger().readAcross('all', key, question)
      : await patientLedger().read(tenants, key, (view) => question([view]));
  return { value, headers: { 'X-Cache': cached ? 'hit' : 'miss' } };
}

export const notFound = (id: string) => new Problem('not_found', `Patient ${id} not found`);
