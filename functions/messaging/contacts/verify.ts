import { getAll } from '../../../core/dynamo/get-all.ts';
import type { Item } from '../../../core/dynamo/store.ts';
import { invariant } from '../../../core/invariant.ts';
import { documentOf, headFrom, headKey, recordFrom, recordKey } from '../../../core/ledger/items.ts';
import { snapshotOf, visible } from '../../../core/ledger/snapshot.ts';
import { ledgerVerifiers } from '../../../core/ledger/verify.ts';
import {
  everyItem,
  type Finding,
  itemsOf,
  type Verifier,
  type VerifyDeps,
} from '../../../core/verify/verifier.ts';
import type { Contact } from './contact.ts';
import { namesBy, phoneSecretKey, phoneSecretOf } from './phone-key.ts';
import { asContact, asPhoneEntry, contactCounters } from './store.ts';

const table = 'messaging';
const prefix = 'REC#';

/** Contacts whose phones are looked up in one request. */
const contactsAtOnce = 100;

/** The contacts of a partition whose newest version is committed. */
async function* contactsOf(deps: VerifyDeps, pk: string, tenant: string): AsyncGenerator<Contact> {
  const head = await deps.store.get(deps.table(table), headKey(tenant));
  const snapshot = snapshotOf(tenant, head && headFrom(head));
  for await (const item of itemsOf(deps, table, pk)) {
    const record = recordFrom(item);
    if (visible(record.tx, snapshot) && !record.x) yield asContact(documentOf<Contact>(record));
  }
}

/** A tenant has one contact per phone: the one that the entry of the phone names. */
async function* onePerPhone(deps: VerifyDeps, pk: string): AsyncGenerator<Finding> {
  const tenant = pk.slice(prefix.length);
  const secret = await deps.store.get(deps.table(table), phoneSecretKey(tenant));
  const nameOf = secret && namesBy(phoneSecretOf(secret));
  let waiting: Contact[] = [];
  const check = async function* (contacts: Contact[]): AsyncGenerator<Finding> {
    const keyFor = ({ phone_e164 }: Contact) => recordKey(tenant, nameOf?.(phone_e164) ?? '~');
    const entries = await getAll(deps.store, deps.table(table), contacts.map(keyFor));
    for (const contact of contacts) {
      const entry: Item | undefined = entries.get(keyFor(contact));
      const named = entry && asPhoneEntry(documentOf(recordFrom(entry))).contact_id;
      if (named !== contact.id)
        yield {
          rule: 'the entry of a phone names its one contact',
          table,
          key: recordKey(tenant, contact.id),
        };
    }
  };
  for await (const contact of contactsOf(deps, pk, tenant)) {
    waiting.push(contact);
    if (waiting.length < contactsAtOnce) continue;
    yield* check(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield* check(waiting);
}

/** Of contacts: the ledger, and their phones. */
export const contactVerifiers: Verifier[] = [
  ...ledgerVerifiers({ name: table, counters: contactCounters }),
  { table, prefix, verify: onePerPhone },
  everyItem(table, phoneSecretKey('').pk, (item) =>
    invariant(phoneSecretOf(item).length > 0, 'a secret is there'),
  ),
];
