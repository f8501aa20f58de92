import type { FileReport } from '../../../../core/files/report.ts';
import { present } from '../../../../core/invariant.ts';
import type { Change } from '../../../../core/ledger/ledger.ts';
import type { Consent } from '../../files/rows.ts';
import {
  type Contact,
  type ContactFields,
  fits,
  newContact,
  optedOutContact,
  reimported,
} from '../contact.ts';
import type { NameOf } from '../phone-key.ts';
import type { Find, PhoneEntry } from '../store.ts';
import type { Candidate, RowError, RowNote } from './row.ts';

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
  /** What all rows together say about each phone. */
  consents: ReadonlyMap<string, Consent>;
  file?: FileReport | undefined;
  options: ImportOptions;
  tenant: string;
  /** An id for each candidate, used if it is new. */
  ids: string[];
  nameOf: NameOf;
  /** RFC 3339. */
  at: string;
}

type Changes = Change<Contact | PhoneEntry>[];

interface Counted {
  imported: number;
  updated: number;
  skipped: number;
  errors: RowError[];
  notes: RowNote[];
}

/** What is known of a phone in the snapshot, and what the import says about its consent. */
interface Known {
  phone: string;
  name: string;
  entry: PhoneEntry | undefined;
  contact: Contact | undefined;
  consent: Consent;
}

/** What becomes of one row. */
type Outcome = ({ counted: 'imported' | 'updated' | 'skipped' } | { error: string }) & { changes: Changes };

const unreadConsent = 'Another row of this phone number has a consent that cannot be understood';
const existsAlready = 'A contact with this phone number exists already';

/** Plans the changes of one import. */
class Plan {
  readonly #import: Import;
  readonly #find: Find;

  constructor(asked: Import, find: Find) {
    this.#import = asked;
    this.#find = find;
  }

  known(phone: string): Known {
    const { nameOf, consents } = this.#import;
    const name = nameOf(phone);
    const entry = this.#find.phone(name);
    const contact = entry?.contact_id ? this.#find.contact(entry.contact_id) : undefined;
    return { phone, name, entry, contact, consent: consents.get(phone) ?? 'none' };
  }

  /** Applies what the file says about consent to a contact that there is, or is about to be stored. */
  #withConsent(contact: Contact, { consent }: Known): Contact {
    const { at } = this.#import;
    if (consent === 'out') return optedOutContact(contact, at);
    return consent === 'inactive' ? { ...contact, is_active: false, updated_at: at } : contact;
  }

  /** The opt-out of a phone, with or without a contact. One that has opted out before is unchanged. */
  #optOut({ name, entry, consent }: Known): Changes {
    const { tenant, at } = this.#import;
    if (consent !== 'out' || entry?.opted_out_at) return [];
    const document = { contact_id: null, ...entry, id: name, opted_out_at: at };
    return [{ kind: entry ? 'update' : 'create', tenant, document }];
  }

  /** Consent alone, which is applied to a contact that is not updated otherwise, too. */
  consentOf(known: Known): Changes {
    const { contact, consent } = known;
    const isNews = contact && (consent === 'out' ? !contact.opted_out_at : contact.is_active);
    const document = contact && this.#withConsent(contact, known);
    const changes: Changes =
      document && isNews && consent !== 'none' && consent !== 'unread'
        ? [{ kind: 'update', tenant: this.#import.tenant, document }]
        : [];
    return [...this.#optOut(known), ...changes];
  }

  #create(known: Known, fields: ContactFields, id: string): Outcome {
    const { tenant, at } = this.#import;
    const optedOutAt = known.entry?.opted_out_at ?? (known.consent === 'out' ? at : null);
    const isInactive = known.consent === 'inactive' || known.entry?.was_inactive === true;
    const given = isInactive ? { ...fields, is_active: false } : fields;
    const document = newContact(id, known.phone, given, optedOutAt, at);
    const taken: PhoneEntry = { id: known.name, contact_id: id, opted_out_at: optedOutAt };
    return {
      counted: 'imported',
      changes: [
        { kind: 'create', tenant, document },
        { kind: known.entry ? 'update' : 'create', tenant, document: taken },
      ],
    };
  }

  outcomeOf({ phone, fields }: Candidate, id: string): Outcome {
    const { options, tenant, at } = this.#import;
    const known = this.known(phone);
    if (known.consent === 'unread') return { error: unreadConsent, changes: [] };
    if (!known.contact) return this.#create(known, fields, id);
    if (!options.update_existing) {
      const changes = this.consentOf(known);
      return options.skip_duplicates ? { counted: 'skipped', changes } : { error: existsAlready, changes };
    }
    const document = this.#withConsent(reimported(known.contact, fields, at), known);
    if (!fits(document.attributes))
      return { error: 'The contact would have too many attributes', changes: this.consentOf(known) };
    return { counted: 'updated', changes: [{ kind: 'update', tenant, document }, ...this.#optOut(known)] };
  }
}

/**
 * Plans the changes of an import. The first of several rows with the same phone is used, the others are
 * skipped; but a person who is out of messages by any row is out, also if the row is skipped or cannot be
 * used. An opt-out stays in force, and so does inactivity, even if the contact was deleted since.
 */
export function decideImport(asked: Import, find: Find) {
  const plan = new Plan(asked, find);
  const changes: Changes = [];
  const notes = asked.errors.filter(saysOut).map(({ row }) => ({ row, note: outNow }));
  const result: Counted = { imported: 0, updated: 0, skipped: 0, errors: [...asked.errors], notes };
  const seen = new Set<string>();
  for (const [position, candidate] of asked.candidates.entries()) {
    const { row, phone } = candidate;
    if (seen.has(phone)) {
      result.skipped += 1;
      continue;
    }
    seen.add(phone);
    const outcome = plan.outcomeOf(candidate, present(asked.ids[position], 'every candidate has an id'));
    changes.push(...outcome.changes);
    if ('error' in outcome) result.errors.push({ row, error: outcome.error });
    else result[outcome.counted] += 1;
    result.notes.push(...notesOf(candidate, outcome));
  }
  for (const phone of asked.consents.keys())
    if (!seen.has(phone)) changes.push(...plan.consentOf(plan.known(phone)));
  return { changes, result: importReply(result, asked) };
}

const outNow = 'Out of messages now; nothing else was changed';

/** True for a row that is refused, but by which someone is out. */
const saysOut = ({ consents = [] }: RowError): boolean =>
  consents.some(({ consent }) => consent === 'out' || consent === 'inactive');

/** What is told of a row that was used, or of one that only changed the consent of a contact. */
function notesOf({ row, notes }: Candidate, outcome: Outcome): RowNote[] {
  if ('counted' in outcome && outcome.counted !== 'skipped') return notes;
  return outcome.changes.length > 0 ? [{ row, note: outNow }] : [];
}

/** Answer of an import, with the errors and notes in the order of their rows. */
function importReply({ imported, updated, skipped, errors, notes }: Counted, { total, file }: Import) {
  const inOrder = errors.toSorted((one, other) => one.row - other.row);
  const notesInOrder = notes.toSorted((one, other) => one.row - other.row);
  return {
    success: imported + updated + skipped > 0,
    imported,
    updated,
    skipped,
    total_processed: total,
    errors: inOrder.map(({ row, error }) => `Row ${row}: ${error}`),
    message: `Successfully imported ${imported}, updated ${updated}, skipped ${skipped} contacts`,
    ...(notes.length > 0 ? { warnings: notesInOrder.map(({ row, note }) => `Row ${row}: ${note}`) } : {}),
    ...(file ? { file } : {}),
  };
}
