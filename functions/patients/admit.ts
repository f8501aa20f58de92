import { randomBytes } from 'node:crypto';
import type { Caller } from '../../core/caller.ts';
import { timestamp } from '../../core/clock.ts';
import { recordId } from '../../core/record-id.ts';
import { admitted, type NewPatient, type Patient } from './patient.ts';

/**
 * A new patient at its position of a request. It belongs to the caller's tenant; only a super_admin may name another.
 *
 * @param now milliseconds since the epoch.
 */
export function admit(fields: NewPatient, position: number, caller: Caller, now: number): Patient {
  const named = caller.role === 'super_admin' ? fields.tenant_id : undefined;
  const tenant = named ?? caller.tenantId;
  return admitted(fields, tenant, recordId(tenant, position, { now, randomBytes }), timestamp(now));
}
