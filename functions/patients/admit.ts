import { randomBytes } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import type { Caller } from '../../core/http/caller.ts';
import { present } from '../../core/invariant.ts';
import { recordIds } from '../../core/record-id.ts';
import { admitted, type NewPatient, type Patient } from './patient.ts';

/**
 * Makes new patients of the given fields, in the same order. They belong to the caller's tenant; only a
 * super_admin may name others.
 *
 * @param now milliseconds since the epoch.
 */
export function admit(batch: NewPatient[], caller: Caller, now: number): Patient[] {
  const tenants = batch.map((fields) => tenantOf(fields, caller));
  const ids = recordIds(tenants, now, randomBytes);
  return batch.map((fields, index) =>
    admitted(fields, tenantOf(fields, caller), present(ids[index], 'each tenant gets an id'), timestamp(now)),
  );
}

const tenantOf = ({ tenant_id }: NewPatient, { role, tenantId }: Caller): string =>
  (role === 'super_admin' ? tenant_id : undefined) ?? tenantId;
