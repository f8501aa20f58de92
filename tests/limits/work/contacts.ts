import { newPhones } from '../../messaging/sms.ts';
import type { Person } from '../../people.ts';
import { type Caller, compared, type Wrong } from '../caller.ts';

/** Importers bring overlapping lists into one tenant: each phone becomes one contact. */
export async function contacts({ person, insist }: Caller, rounds: number): Promise<Wrong> {
  const { tenantId } = await person();
  const phones = newPhones(40 * (rounds + 1));
  const bring = async (from: number): Promise<void> => {
    const importer: Person = await person({ tenantId });
    const rows = phones.slice(from, from + 80).map((phone) => `Person,${phone}`);
    const csv_data = ['name,phone_e164', ...rows].join('\n');
    await insist(importer, 'POST', '/api/messaging/contacts/bulk-import', { import_type: 'csv', csv_data });
  };
  await Promise.all(Array.from({ length: rounds }, (_, round) => bring(40 * round)));
  const reader = await person({ tenantId });
  const found: string[] = [];
  for (let total = 1; found.length < total; ) {
    const { body } = await insist(reader, 'GET', `/api/messaging/contacts?limit=500&offset=${found.length}`);
    found.push(...body.contacts.map(({ phone_e164 }: { phone_e164: string }) => phone_e164));
    total = body.contacts.length === 0 ? 0 : body.total;
  }
  return { ...compared(phones, found), partial: 0 };
}
