import { randomBytes } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import { parseMultipart } from '../../core/http/multipart.ts';
import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { recordIds } from '../../core/record-id.ts';
import { contactEndpoints } from './contacts/api.ts';
import { decideImport } from './contacts/import/decide.ts';
import { readImport } from './contacts/import/rows.ts';
import { phoneNames } from './contacts/phone-key.ts';
import { writeContacts } from './contacts/store.ts';

export const handler = serve(
  contactEndpoints.bulkImport,
  async ({ body, caller, clock, answer }) => {
    const { tenantId: tenant, userId: actor } = caller;
    const rows = readImport(body);
    const nameOf = await phoneNames(tenant, true);
    const tenants = rows.candidates.map(() => tenant);
    const ids = recordIds(tenants, clock.now(), randomBytes);
    const asked = { ...rows, options: body, tenant, ids, nameOf, at: timestamp(clock.now()) };
    const phones = [...rows.candidates.map(({ phone }) => phone), ...rows.consents.keys()];
    const reads = [...new Set(phones)].map(nameOf);
    return await writeContacts({ tenant, actor, reads, decide: (find) => decideImport(asked, find), answer });
  },
  { outcomeOf, readForm: parseMultipart },
);
