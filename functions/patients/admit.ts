import { randomBytes } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import type { Caller } from '../../core/http/caller.ts';
import { recordIds } from '../../core/record-id.ts';
import { admitted, type NewPatient, type Patient } from './patient.ts';

/**
 * New patients in the order of the request. They belong to the caller's tenant; only a super_admin may name others.
 *
 * @param now milliseconds since the epoch.
 */
export function admit(batch: NewPatient[], caller: Caller, now: number): Patient[] {
  const named = (fields: NewPatient) => (caller.role === 'super_admin' ? fields.tenant_id : undefined);
  const tenants = batch.map((fields) => named(fields) ?? caller.tenantId);
  const ids = recordIds(tenants, now, randomBytes);
  return batch.map((fields, index) =>
    admitted(fields, tenants[index] ?? '', ids[index] ?? '', timestamp(now)),
  );
}
