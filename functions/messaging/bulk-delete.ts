import { serve } from '../../core/serve.ts';
import { decideDeletion } from './contact-changes.ts';
import { writeContacts } from './contact-store.ts';
import { contactEndpoints } from './contacts-api.ts';

export const handler = serve(contactEndpoints.bulkDelete, async ({ body, caller, answer }) =>
  writeContacts({
    tenant: caller.tenantId,
    actor: caller.userId,
    reads: body.contact_ids,
    decide: (find) => decideDeletion(body.contact_ids, caller.tenantId, find),
    answer,
  }),
);
