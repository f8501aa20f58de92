import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/serve.ts';
import { decideOptOut } from './contact-changes.ts';
import { writeContacts } from './contact-store.ts';
import { contactEndpoints } from './contacts-api.ts';
import { phoneNames } from './phone-key.ts';

export const handler = serve(contactEndpoints.optOut, async ({ body, caller, clock, answer }) => {
  const nameOf = await phoneNames(caller.tenantId, true);
  const phones = body.phone === undefined ? (body.phones ?? []) : [body.phone];
  const at = timestamp(clock.now());
  return await writeContacts({
    tenant: caller.tenantId,
    actor: caller.userId,
    reads: body.contact_ids ?? phones.map(nameOf),
    decide: (find) => decideOptOut({ phones, ids: body.contact_ids }, caller.tenantId, nameOf, at, find),
    answer,
  });
});
