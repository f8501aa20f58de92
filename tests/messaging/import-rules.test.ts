import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Contact, newContact } from '../../functions/messaging/contacts/contact.ts';
import { decideImport } from '../../functions/messaging/contacts/import/decide.ts';
import { readImport } from '../../functions/messaging/contacts/import/rows.ts';
import type { PhoneEntry } from '../../functions/messaging/contacts/store.ts';
import { fc } from '../properties.ts';
import { phone } from './contact-helpers.ts';

const AT = '2026-01-01T00:00:00.000Z';
const nameOf = (e164: string) => `~${e164}`;

/** What is known of a phone before an import. */
const known = fc.record({
  contact: fc.constantFrom('none', 'active', 'inactive', 'deleted'),
  optedOut: fc.boolean(),
});
const row = fc.record({
  phone: fc.oneof(fc.nat(11).map(phone), fc.constantFrom('', 'x', '+255221', '#N/A')),
  email: fc.constantFrom('', 'a@example.com', 'none'),
  is_active: fc.constantFrom('', '', 'true', 'false', 'perhaps'),
  opt_out: fc.constantFrom('', '', 'no', 'yes', 'perhaps'),
});

const isBlank = (one: object): boolean => Object.values(one).join('') === '';

function storeOf(states: { contact: string; optedOut: boolean }[]) {
  const contacts = new Map<string, Contact>(
    states.flatMap(({ contact, optedOut }, n): [string, Contact][] => {
      if (contact === 'none' || contact === 'deleted') return [];
      const fields = { attributes: {}, is_active: contact === 'active' };
      return [[`c${n}`, newContact(`c${n}`, phone(n), fields, optedOut ? AT : null, AT)]];
    }),
  );
  const phones = new Map(
    states.flatMap(({ contact, optedOut }, n): [string, PhoneEntry][] => {
      const id = nameOf(phone(n));
      if (contact === 'none' && !optedOut) return [];
      return [
        [id, { id, contact_id: contact === 'none' ? null : `c${n}`, opted_out_at: optedOut ? AT : null }],
      ];
    }),
  );
  return { contacts, phones };
}

test('every row is imported, updated, skipped or told of; a phone has one contact, and no consent comes back', () => {
  fc.assert(
    fc.property(
      fc.array(known, { minLength: 12, maxLength: 12 }),
      // A file of nothing but blank lines has no contacts, and is refused.
      fc.array(row, { minLength: 1, maxLength: 40 }).filter((rows) => rows.some((one) => !isBlank(one))),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom('csv' as const, 'phone_contacts' as const),
      (states, rows, skip_duplicates, update_existing, import_type) => {
        const { contacts, phones } = storeOf(states);
        const csv_data = [
          'phone,email,is_active,opt_out',
          ...rows.map((one) => Object.values(one).join(',')),
        ].join('\n');
        const options = { import_type, csv_data, contacts: rows, skip_duplicates, update_existing };
        const read = readImport(options);
        const ids = read.candidates.map(() => randomUUID());
        const { changes, result: reply } = decideImport(
          { ...read, options, tenant: 't', ids, nameOf, at: AT },
          { contact: (id) => contacts.get(id), phone: (id) => phones.get(id) },
        );
        expect(reply.imported + reply.updated + reply.skipped + reply.errors.length).toBe(
          reply.total_processed,
        );
        // A line of nothing but commas is blank, and no row.
        const blank = import_type === 'csv' ? rows.filter(isBlank).length : 0;
        expect(reply.total_processed).toBe(rows.length - blank);
        for (const change of changes) {
          if (change.kind === 'delete') throw new Error('an import deletes nothing');
          if ('phone_e164' in change.document) contacts.set(change.document.id, change.document);
          else phones.set(change.document.id, change.document);
        }
        const numbers = [...contacts.values()].map(({ phone_e164 }) => phone_e164);
        expect(new Set(numbers).size).toBe(numbers.length);
        for (const { phone_e164, is_active } of contacts.values()) {
          const before = states[Number(phone_e164.slice(-2))];
          if (before?.optedOut || before?.contact === 'inactive') expect(is_active).toBe(false);
        }
        for (const [n, { optedOut }] of states.entries())
          if (optedOut) expect(phones.get(nameOf(phone(n)))?.opted_out_at).toBe(AT);
        for (const one of rows.filter((its) => its.opt_out === 'yes' && its.phone.length > 10)) {
          expect(phones.get(nameOf(one.phone))?.opted_out_at).toBe(AT);
          for (const { phone_e164, is_active } of contacts.values())
            if (phone_e164 === one.phone) expect(is_active).toBe(false);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a file of nothing but blank lines is refused, since it has no contacts', () => {
  const options = { contacts: [], skip_duplicates: false, update_existing: false };
  expect(() => readImport({ ...options, import_type: 'csv', csv_data: 'phone,email\n,\n,' })).toThrow(
    'no contacts below its header',
  );
});
