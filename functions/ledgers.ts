import { repairTenant } from '../core/ledger/repair.ts';
import type { VerifyDeps } from '../core/verify/verifier.ts';
import { contactCounters } from './messaging/contacts/store.ts';
import { patientCounters } from './patients/store.ts';

type How = Parameters<typeof repairTenant>[3];

/** Repairs a tenant of each ledger, by the ledger's name. */
export const repairs = {
  patients: (deps: VerifyDeps, tenant: string, how: How) =>
    repairTenant({ name: 'patients', counters: patientCounters }, deps, tenant, how),
  messaging: (deps: VerifyDeps, tenant: string, how: How) =>
    repairTenant({ name: 'messaging', counters: contactCounters }, deps, tenant, how),
};
