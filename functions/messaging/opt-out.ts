import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { contactEndpoints } from './contacts/api.ts';
import { decideOptOut } from './contacts/changes.ts';
import { readPhones } from './contacts/opt-out-list.ts';
import { phoneNames } from './contacts/phone-key.ts';
import { writeContacts } from './contacts/store.ts';

export const handler = serve(
  contactEndpoints.optOut,
  async ({ body, caller, clock, answer }) => {
    const list = readPhones(body);
    const nameOf = await phoneNames(caller.tenantId, true);
    const at = timestamp(clock.now());
    return await writeContacts({
      tenant: caller.tenantId,
      actor: caller.userId,
      reads: body.contact_ids ?? list.phones.map(nameOf),
      decide: (find) => decideOptOut({ ...list, ids: body.contact_ids }, caller.tenantId, nameOf, at, find),
      answer,
    });
  },
  { outcomeOf },
);
