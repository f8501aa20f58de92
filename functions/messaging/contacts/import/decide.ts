import { present } from '../../../../core/invariant.ts';
import type { Change } from '../../../../core/ledger/ledger.ts';
import { type Contact, fits, newContact, reimported } from '../contact.ts';
import type { NameOf } from '../phone-key.ts';
import type { Find, PhoneEntry } from '../store.ts';
import type { Candidate, RowError } from './row.ts';

interface ImportOptions {
  /** Skip contacts that exist. If this and `update_existing` are false, they are errors. */
  skip_duplicates: boolean;
  update_existing: boolean;
}

interface Import {
  candidates: Candidate[];
  /** Rows that could not be used. */
  errors: RowError[];
  /** Number of rows. */
  total: number;
  options: ImportOptions;
  tenant: string;
  /** An id for each candidate, used if it is new. */
  ids: string[];
  nameOf: NameOf;
  /** RFC 3339. */
  at: string;
}

interface Counted {
  imported: number;
  updated: number;
  skipped: number;
  errors: RowError[];
}

/**
 * Plans the changes of an import. The first of several rows with the same phone is used, the others are
 * skipped. An opt-out stays in force, even if the contact was deleted since.
 */
export function decideImport(
  { candidates, errors, total, options, tenant, ids, nameOf, at }: Import,
  find: Find,
) {
  const changes: Change<Contact | PhoneEntry>[] = [];
  const result: Counted = { imported: 0, updated: 0, skipped: 0, errors: [...errors] };
  const seen = new Set<string>();
  for (const [position, { row, phone, fields }] of candidates.entries()) {
    if (seen.has(phone)) {
      result.skipped += 1;
      continue;
    }
    seen.add(phone);
    const name = nameOf(phone);
    const entry = find.phone(name);
    const contact = entry?.contact_id ? find.contact(entry.contact_id) : undefined;
    if (contact && options.update_existing) {
      const document = reimported(contact, fields, at);
      if (!fits(document.attributes)) {
        result.errors.push({ row, error: 'The contact would have too many attributes' });
        continue;
      }
      changes.push({ kind: 'update', tenant, document });
      result.updated += 1;
    } else if (contact && options.skip_duplicates) result.skipped += 1;
    else if (contact) result.errors.push({ row, error: 'A contact with this phone number exists already' });
    else {
      const optedOutAt = entry?.opted_out_at ?? null;
      const document = newContact(
        present(ids[position], 'every candidate has an id'),
        phone,
        fields,
        optedOutAt,
        at,
      );
      const taken: PhoneEntry = { id: name, contact_id: document.id, opted_out_at: optedOutAt };
      changes.push({ kind: 'create', tenant, document });
      changes.push({ kind: entry ? 'update' : 'create', tenant, document: taken });
      result.imported += 1;
    }
  }
  return { changes, result: importReply(result, total) };
}

/** Answer of an import, with the errors in the order of their rows. */
function importReply({ imported, updated, skipped, errors }: Counted, total: number) {
  const inOrder = errors.toSorted((one, other) => one.row - other.row);
  return {
    success: imported + updated + skipped > 0,
    imported,
    updated,
    skipped,
    total_processed: total,
    errors: inOrder.map(({ row, error }) => `Row ${row}: ${error}`),
    message: `Successfully imported ${imported}, updated ${updated}, skipped ${skipped} contacts`,
  };
}
