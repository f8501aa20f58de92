import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { contactEndpoints } from './contacts/api.ts';
import { decideDeletion } from './contacts/changes.ts';
import { phoneNames } from './contacts/phone-key.ts';
import { writeContacts } from './contacts/store.ts';

export const handler = serve(
  contactEndpoints.bulkDelete,
  async ({ body, caller, answer }) => {
    const nameOf = await phoneNames(caller.tenantId, true);
    return await writeContacts({
      tenant: caller.tenantId,
      actor: caller.userId,
      reads: body.contact_ids,
      decide: (find) => decideDeletion(body.contact_ids, caller.tenantId, nameOf, find),
      answer,
    });
  },
  { outcomeOf },
);
