import { assertVersion } from '../core/dynamo/version.ts';
import { sealedVersion } from '../core/http/idempotency.ts';
import { repairTenant } from '../core/ledger/repair.ts';
import { everyItem, type Verifier, type VerifyDeps } from '../core/verify/verifier.ts';
import { accessVerifiers } from './access/verify.ts';
import { adminVerifiers } from './admin/verify.ts';
import { clinikoVerifiers } from './cliniko/verify.ts';
import { contentVerifiers } from './content/verify.ts';
import { contactCounters } from './messaging/contacts/store.ts';
import { contactVerifiers } from './messaging/contacts/verify.ts';
import { smsVerifiers } from './messaging/sms/verify.ts';
import { patientCounters } from './patients/store.ts';
import { patientVerifiers } from './patients/verify.ts';
import { webhookVerifiers } from './webhooks/verify.ts';

/** What is promised of the items of all tables. A partition that none of them knows is a finding. */
export const verifiers: readonly Verifier[] = [
  ...patientVerifiers,
  ...contactVerifiers,
  ...smsVerifiers,
  ...clinikoVerifiers,
  ...contentVerifiers,
  ...adminVerifiers,
  ...webhookVerifiers,
  ...accessVerifiers,
  // They expire within a day, and nothing refers to them.
  everyItem('guards', 'ANSWER#', (item) => assertVersion(item, 'claim of an idempotency key', sealedVersion)),
  ...['LIMIT#', 'CLINIKO-PAUSE#'].map((prefix) =>
    everyItem('guards', prefix, (item) => assertVersion(item, 'guard')),
  ),
];

type How = Parameters<typeof repairTenant>[3];

/** Repairs a tenant of each ledger, by the ledger's name. */
export const repairs = {
  patients: (deps: VerifyDeps, tenant: string, how: How) =>
    repairTenant({ name: 'patients', counters: patientCounters }, deps, tenant, how),
  messaging: (deps: VerifyDeps, tenant: string, how: How) =>
    repairTenant({ name: 'messaging', counters: contactCounters }, deps, tenant, how),
};
