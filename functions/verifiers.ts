import { assertVersion } from '../core/dynamo/version.ts';
import { everyItem, type Verifier } from '../core/verify/verifier.ts';
import { adminVerifiers } from './admin/verify.ts';
import { clinikoVerifiers } from './cliniko/verify.ts';
import { contentVerifiers } from './content/verify.ts';
import { contactVerifiers } from './messaging/contacts/verify.ts';
import { smsVerifiers } from './messaging/sms/verify.ts';
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
  // They expire within a day, and nothing refers to them.
  ...['ANSWER#', 'LIMIT#', 'CLINIKO-PAUSE#'].map((prefix) =>
    everyItem('guards', prefix, (item) => assertVersion(item, 'guard')),
  ),
];
