import { assertVersion } from '../../../core/dynamo/version.ts';
import { Problem } from '../../../core/http/problem.ts';
import type { AnswerWith } from '../../../core/http/serve.ts';
import { invariant } from '../../../core/invariant.ts';
import { type Change, type Ledger, openLedger } from '../../../core/ledger/ledger.ts';
import { recoveryMessageOf } from '../../../core/ledger/transaction-ref.ts';
import { send } from '../../../core/queue.ts';
import type { Contact } from './contact.ts';

/**
 * Entry of a phone, stored under a name derived from it. It makes the phone unique among contacts, and
 * records an opt-out, which outlives the contact. The entry stays when the contact is deleted, but then does
 * not reserve the phone.
 */
export interface PhoneEntry {
  id: string;
  /** The last contact with this phone; it may have been deleted. */
  contact_id: string | null;
  opted_out_at: string | null;
  /**
   * True if its last contact was inactive when it was deleted: it gets no messages, and the next one is
   * inactive.
   */
  was_inactive?: boolean;
}

type Document = Contact | PhoneEntry;

const isContact = (document: Document): document is Contact => 'phone_e164' in document;

/**
 * The document as a contact. Checked by hand and not by a schema, since a search passes every contact of a
 * tenant through it.
 *
 * @throws BrokenInvariant for another kind, NewerVersion for a contact that newer code wrote.
 */
export function asContact(document: Document): Contact {
  assertVersion(document, 'contact');
  invariant(isContact(document), `document ${document.id} is a contact`);
  return document;
}

/** The same for a phone entry. */
export function asPhoneEntry(document: Document): PhoneEntry {
  assertVersion(document, 'phone entry');
  invariant(!isContact(document), `document ${document.id} is a phone entry`);
  return document;
}

/** The counters to which a contact or a phone's entry adds 1. */
export function contactCounters(document: Document): string[] {
  if (!isContact(document)) {
    if (document.opted_out_at) return ['opted_out'];
    return document.was_inactive ? ['inactive'] : [];
  }
  return document.is_active || document.opted_out_at ? ['total'] : ['total', 'inactive'];
}

let ledger: Ledger<Document> | undefined;

/** Ledger of contacts and phone entries of all tenants, with exact counters. Opened on first use. */
export function contactLedger(): Ledger<Document> {
  ledger ??= openLedger<Document>({
    name: 'messaging',
    counters: contactCounters,
    scheduleRecovery: (transaction, delaySeconds) =>
      send('contactRecovery', transaction.tenant, recoveryMessageOf(transaction), delaySeconds),
  });
  return ledger;
}

/** Looks up a contact by id, or a phone entry by name, in the snapshot of the decision. */
export interface Find {
  contact(id: string): Contact | undefined;
  phone(name: string): PhoneEntry | undefined;
}

interface WriteContacts<R> {
  tenant: string;
  actor: string;
  /** Ids that the decision needs. If it looks up others, they are read and the decision is made again. */
  reads: string[];
  decide(find: Find): { changes: Change<Document>[]; result: R };
  answer: AnswerWith;
}

/** A decision looked up records that had not been read. */
class Unread extends Error {
  readonly ids: Iterable<string>;

  constructor(ids: Iterable<string>) {
    super();
    this.ids = ids;
  }
}

/**
 * A contact leads to a phone and back; more rounds than these mean that other requests keep changing them.
 */
const readRoundsMax = 6;

/**
 * Writes changes of contacts and phone entries in one transaction.
 *
 * @throws Problem `conflict` if other requests keep changing the same records; what `decide` and the ledger's
 * `write` throw.
 */
export async function writeContacts<R>({
  tenant,
  actor,
  reads,
  decide,
  answer,
}: WriteContacts<R>): Promise<R> {
  const wanted = new Set(reads);
  for (let step = 0; step < readRoundsMax; step++) {
    try {
      return await contactLedger().write({
        actor,
        reads: [...wanted].map((id) => ({ tenant, id })),
        decide: (found) => {
          const unread = new Set<string>();
          const find = <T>(id: string, as: (document: Document) => T) => {
            if (!wanted.has(id)) unread.add(id);
            const document = found.get(id)?.document;
            return document && as(document);
          };
          const decision = decide({
            contact: (id) => find(id, asContact),
            phone: (name) => find(name, asPhoneEntry),
          });
          if (unread.size > 0) throw new Unread(unread);
          return decision;
        },
        answer,
      });
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      for (const id of error.ids) wanted.add(id);
    }
  }
  throw new Problem('conflict', 'Another request is changing the same contacts', { retryAfter: 1 });
}
