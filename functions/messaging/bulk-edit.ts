import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { contactEndpoints } from './contacts/api.ts';
import { decideEdit } from './contacts/changes.ts';
import { writeContacts } from './contacts/store.ts';

export const handler = serve(
  contactEndpoints.bulkEdit,
  async ({ body, caller, clock, answer }) => {
    const at = timestamp(clock.now());
    return await writeContacts({
      tenant: caller.tenantId,
      actor: caller.userId,
      reads: body.contact_ids,
      decide: (find) => decideEdit(body, caller.tenantId, at, find),
      answer,
    });
  },
  { outcomeOf },
);
