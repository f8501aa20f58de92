import type { Change } from '../../../core/ledger/ledger.ts';
import { MessagingProblem } from '../errors.ts';
import { type Contact, type ContactUpdates, edited, optedOutContact } from './contact.ts';
import { contactsNotFound } from './not-found.ts';
import type { OptOutList } from './opt-out-list.ts';
import type { NameOf } from './phone-key.ts';
import type { Find, PhoneEntry } from './store.ts';

type Changes = Change<Contact | PhoneEntry>[];

/** Contacts with these ids. @throws MessagingProblem listing the ids that do not exist. */
function everyContact(ids: string[], counter: string, find: Find): Contact[] {
  const contacts = ids.map((id) => find.contact(id));
  const missing = ids.filter((_, index) => !contacts[index]);
  if (missing.length > 0) throw contactsNotFound(missing, ids.length, counter);
  return contacts.filter((contact) => contact !== undefined);
}

/**
 * Plans the same changes to every contact.
 *
 * @throws MessagingProblem `not_found` if one of them does not exist: then none is changed.
 */
export function decideEdit(
  { contact_ids, updates }: { contact_ids: string[]; updates: ContactUpdates },
  tenant: string,
  at: string,
  find: Find,
) {
  const contacts = everyContact(contact_ids, 'updated_count', find);
  const changes: Changes = contacts.map((contact) => ({
    kind: 'update',
    tenant,
    document: edited(contact, updates, at),
  }));
  const withdrawn = updates.is_active ? contacts.filter(({ opted_out_at }) => opted_out_at !== null) : [];
  return {
    changes,
    result: {
      success: true as const,
      message: `Successfully updated ${changes.length} contacts`,
      updated_count: changes.length,
      total_requested: contact_ids.length,
      errors: withdrawn.map(({ id }) => `Contact with ID ${id} has opted out and stays inactive`),
    },
  };
}

/**
 * Plans the deletion of the contacts that exist. Their phone entries stay: a phone is free for another
 * contact, and an opt-out remains in force. So does the wish of an inactive contact, which its entry keeps.
 *
 * @throws MessagingProblem `not_found` if none of them exists.
 */
export function decideDeletion(ids: string[], tenant: string, nameOf: NameOf, find: Find) {
  const present = ids.flatMap((id) => find.contact(id) ?? []);
  if (present.length === 0)
    throw new MessagingProblem('not_found', 'No contacts found with the provided IDs', {
      deleted_count: 0,
      total_requested: ids.length,
    });
  const changes: Changes = present.map(({ id }) => ({ kind: 'delete', tenant, id }));
  for (const { phone_e164, is_active } of present) {
    if (is_active) continue;
    const entry = find.phone(nameOf(phone_e164));
    if (entry) changes.push({ kind: 'update', tenant, document: { ...entry, was_inactive: true } });
  }
  return {
    changes,
    result: {
      success: true as const,
      message: `Successfully deleted ${present.length} contacts`,
      deleted_count: present.length,
      total_requested: ids.length,
    },
  };
}

/**
 * Plans the opt-out of phones and of the contacts that have them. A phone that has opted out before is
 * unchanged.
 *
 * @throws MessagingProblem `not_found` if one of the contacts does not exist.
 */
export function decideOptOut(
  asked: OptOutList & { ids: string[] | undefined },
  tenant: string,
  nameOf: NameOf,
  at: string,
  find: Find,
) {
  const phones = asked.ids
    ? everyContact(asked.ids, 'opted_out_count', find).map(({ phone_e164 }) => phone_e164)
    : [...new Set(asked.phones)];
  const changes: Changes = phones.flatMap((phone): Changes => {
    const id = nameOf(phone);
    const entry = find.phone(id);
    const contact = entry?.contact_id ? find.contact(entry.contact_id) : undefined;
    if (entry?.opted_out_at) return [];
    const document = { id, contact_id: entry?.contact_id ?? null, opted_out_at: at };
    const known: Changes = contact
      ? [{ kind: 'update', tenant, document: optedOutContact(contact, at) }]
      : [];
    return [{ kind: entry ? 'update' : 'create', tenant, document }, ...known];
  });
  return {
    changes,
    result: {
      success: true as const,
      message: `Successfully opted out ${phones.length} contacts`,
      opted_out_count: phones.length,
      total_requested: asked.ids?.length ?? asked.total,
      errors: asked.errors.map(({ row, message }) => `Row ${row}: ${message}`),
      error_details: asked.errors,
    },
  };
}
