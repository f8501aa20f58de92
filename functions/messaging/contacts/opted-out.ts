import { phoneNames } from './phone-key.ts';
import { asContact, asPhoneEntry, contactLedger } from './store.ts';

/**
 * Phones among these that must not receive messages: they have opted out, or belong to an inactive contact,
 * even if their contact was deleted since. It costs one read for a tenant that has no such phone, otherwise
 * one read for every hundred phones.
 *
 * @param phones in E.164, tens of thousands at most.
 */
export async function optedOut(tenant: string, phones: readonly string[]): Promise<Set<string>> {
  const nameOf = await phoneNames(tenant, false);
  if (!nameOf || phones.length === 0) return new Set();
  return await contactLedger().load(tenant, async (view) => {
    if (view.counter('opted_out') + view.counter('inactive') === 0) return new Set();
    const named = new Map(phones.map((phone) => [nameOf(phone), phone]));
    const entries = (await view.getMany([...named.keys()])).map(asPhoneEntry);
    const silenced = entries.filter(
      ({ opted_out_at, was_inactive }) => opted_out_at !== null || was_inactive,
    );
    const phonesOf = (names: string[]) => names.flatMap((name) => named.get(name) ?? []);
    const result = new Set(phonesOf(silenced.map(({ id }) => id)));
    if (view.counter('inactive') === 0) return result;
    const ids = entries.flatMap(({ contact_id }) => contact_id ?? []);
    const contacts = (await view.getMany(ids)).map(asContact);
    for (const { is_active, phone_e164 } of contacts) if (!is_active) result.add(phone_e164);
    return result;
  });
}
