import type { View } from '../../../core/ledger/ledger.ts';
import { matcherOf } from '../../../core/search-text.ts';
import type { Contact } from './contact.ts';
import { asContact, type PhoneEntry } from './store.ts';

/** Query of a page of contacts. */
export interface PageQuery {
  limit: number;
  offset: number;
  search?: string | undefined;
  tag?: string | undefined;
}

/**
 * A larger page ends early: Lambda's answer may have 6 MB, and escaping JSON within JSON can double its size.
 */
const pageBytesMax = 2_500_000;

/** Contacts that a search reads at a time. */
const contactsPerReadMax = 1_000;

const bytesOf = (contact: Contact): number => Buffer.byteLength(JSON.stringify(contact));

/** The first contacts that fit into an answer, at least one. */
function fitting(contacts: Contact[]): Contact[] {
  let left = pageBytesMax;
  const end = contacts.findIndex((contact, index) => {
    left -= bytesOf(contact);
    return left < 0 && index > 0;
  });
  return end < 0 ? contacts : contacts.slice(0, end);
}

/** Filter of a query: a tag matches as a whole, a search by the words of `matcherOf`. */
function filterOf({ search = '', tag = '' }: PageQuery): ((contact: Contact) => boolean) | undefined {
  const matches = matcherOf(search);
  if (!matches && tag === '') return undefined;
  return ({ name, email, phone_e164, tags }) =>
    (tag === '' || tags.includes(tag)) && (matches?.([name ?? '', email ?? ''], phone_e164) ?? true);
}

async function searchContacts(
  view: View<Contact | PhoneEntry>,
  matches: (contact: Contact) => boolean,
  { limit, offset }: PageQuery,
) {
  const contacts: Contact[] = [];
  let total = 0;
  for (let after: string | undefined, more = true; more; ) {
    const page = await view.list({ limit: contactsPerReadMax, after });
    for (const contact of page.documents.map(asContact)) {
      if (!matches(contact)) continue;
      if (total >= offset && contacts.length < limit) contacts.push(contact);
      total += 1;
    }
    after = page.next;
    more = after !== undefined;
  }
  return { contacts, total };
}

/** A page of a tenant's contacts, with the exact number of all that match. A search reads all contacts. */
export async function contactPage(view: View<Contact | PhoneEntry>, query: PageQuery) {
  const matches = filterOf(query);
  const { contacts, total } = matches
    ? await searchContacts(view, matches, query)
    : {
        contacts: (await view.list({ limit: query.limit, offset: query.offset })).documents.map(asContact),
        total: view.counter('total'),
      };
  const page = fitting(contacts);
  const limit = page.length < contacts.length ? page.length : query.limit;
  return { success: true as const, contacts: page, total, limit, offset: query.offset };
}
