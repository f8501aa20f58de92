import { Problem } from '../../../core/http/problem.ts';
import type { AnswerWith } from '../../../core/http/serve.ts';
import { invariant } from '../../../core/invariant.ts';
import { type Change, type Ledger, openLedger } from '../../../core/ledger/ledger.ts';
import { send } from '../../../core/queue.ts';
import type { Contact } from './contact.ts';

/**
 * What is known of a phone beside its contact, under a name made from it: which contact has it, so that no other can, and whether its
 * owner has opted out, which outlives the contact. It stays when the contact is deleted, and does not hold the phone.
 */
export interface PhoneEntry {
  id: string;
  /** The contact that had the phone last; it may be deleted. */
  contact_id: string | null;
  opted_out_at: string | null;
}

type Document = Contact | PhoneEntry;

const isContact = (document: Document): document is Contact => 'phone_e164' in document;

/** Checked by hand and not by a schema, since a search passes every contact of a tenant through it. */
const isFirstVersion = (document: Document) => !('v' in document) || document.v === 1;

/** @throws BrokenInvariant for a document of another kind or version. */
export function asContact(document: Document): Contact {
  invariant(isContact(document) && isFirstVersion(document), `document ${document.id} is a contact`);
  return document;
}

/** @throws BrokenInvariant for a document of another kind or version. */
export function asPhoneEntry(document: Document): PhoneEntry {
  invariant(!isContact(document) && isFirstVersion(document), `document ${document.id} is a phone entry`);
  return document;
}

function countersOf(document: Document): string[] {
  if (!isContact(document)) return document.opted_out_at ? ['opted_out'] : [];
  return document.is_active || document.opted_out_at ? ['total'] : ['total', 'inactive'];
}

let ledger: Ledger<Document> | undefined;

/** The contacts of every tenant and what is known of phones, with exact counts. Opened on first use. */
export function contactLedger(): Ledger<Document> {
  ledger ??= openLedger<Document>({
    name: 'messaging',
    counters: countersOf,
    announce: ({ tenant, batch }, delaySeconds) =>
      send('contactRecovery', tenant, { version: 1, tenant, batch }, delaySeconds),
  });
  return ledger;
}

/** Finds what is stored under an id of a contact, or a name of a phone, at the instant of the decision. */
export interface Find {
  contact(id: string): Contact | undefined;
  phone(name: string): PhoneEntry | undefined;
}

interface WriteContacts<R> {
  tenant: string;
  actor: string;
  /** The records that the decision is known to need; those that it asks for beside them are read, and it is asked again. */
  reads: string[];
  decide(find: Find): { changes: Change<Document>[]; result: R };
  answer: AnswerWith;
}

/** A decision asked for records that were not read yet. */
class Unread extends Error {
  readonly ids: Iterable<string>;

  constructor(ids: Iterable<string>) {
    super();
    this.ids = ids;
  }
}

/** A contact leads to a phone and back; more steps than these mean that others keep moving what is looked for. */
const readRoundsMax = 6;

/**
 * Writes a batch of contacts and what is known of their phones, all of it or nothing.
 *
 * @throws what the ledger's `write` and `decide` throw.
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
