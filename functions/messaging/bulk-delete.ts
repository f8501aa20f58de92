import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { contactEndpoints } from './contacts/api.ts';
import { decideDeletion } from './contacts/changes.ts';
import { writeContacts } from './contacts/store.ts';

export const handler = serve(
  contactEndpoints.bulkDelete,
  async ({ body, caller, answer }) =>
    writeContacts({
      tenant: caller.tenantId,
      actor: caller.userId,
      reads: body.contact_ids,
      decide: (find) => decideDeletion(body.contact_ids, caller.tenantId, find),
      answer,
    }),
  { outcomeOf },
);
