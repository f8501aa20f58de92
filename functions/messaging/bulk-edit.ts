import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/serve.ts';
import { decideEdit } from './contact-changes.ts';
import { writeContacts } from './contact-store.ts';
import { contactEndpoints } from './contacts-api.ts';

export const handler = serve(contactEndpoints.bulkEdit, async ({ body, caller, clock, answer }) => {
  const at = timestamp(clock.now());
  return await writeContacts({
    tenant: caller.tenantId,
    actor: caller.userId,
    reads: body.contact_ids,
    decide: (find) => decideEdit(body, caller.tenantId, at, find),
    answer,
  });
});
