import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { contactEndpoints } from './contacts/api.ts';
import { decideOptOut } from './contacts/changes.ts';
import { phoneNames } from './contacts/phone-key.ts';
import { writeContacts } from './contacts/store.ts';
import { existingPhone } from './phone.ts';

export const handler = serve(
  contactEndpoints.optOut,
  async ({ body, caller, clock, answer }) => {
    const nameOf = await phoneNames(caller.tenantId, true);
    const phones = (body.phone === undefined ? (body.phones ?? []) : [body.phone]).map(existingPhone);
    const at = timestamp(clock.now());
    return await writeContacts({
      tenant: caller.tenantId,
      actor: caller.userId,
      reads: body.contact_ids ?? phones.map(nameOf),
      decide: (find) => decideOptOut({ phones, ids: body.contact_ids }, caller.tenantId, nameOf, at, find),
      answer,
    });
  },
  { outcomeOf },
);
