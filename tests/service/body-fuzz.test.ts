import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { readEmailAddress } from '../../core/email-address.ts';
import { shownPhone } from '../../core/phone-text.ts';
import { service as offer, order, user } from '../admin/records.ts';
import { newIds } from '../content/creators.ts';
import { imported, phone } from '../messaging/contact-helpers.ts';
import { newPatient } from '../patients/fixtures.ts';
import type { Person } from '../people.ts';
import { fc } from '../properties.ts';
import { mutated, mutations } from './mutations.ts';
import { type Own, ownServiceOfFile } from './own.ts';
import { unlimitedRates } from './unlimited.ts';

/** Bodies for each endpoint; `FUZZ=1000 npx vitest run --project service tests/service/body-fuzz.test.ts` makes more. */
const runs = Number(process.env.FUZZ ?? 60);

let service: Own;
let person: Person;
beforeAll(async () => {
  service = await ownServiceOfFile({ settings: unlimitedRates });
  person = await service.person({ role: 'admin', claims: { creator: 'SPFUZZ', organization_id: '1' } });
});

// biome-ignore lint/suspicious/noExplicitAny: bodies and answers are compared as they are
type Json = any;

interface Answer {
  status: number;
  body: Json;
}

async function call(who: Person, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await who.fetch(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** What a text may become: its Unicode NFC, without blanks around it. */
const tidy = (text: string): string => text.normalize('NFC').trim();

/** Fields that are read as what they show, not as they are written. */
const readers: Record<string, (text: string) => string | undefined> = {
  phone: shownPhone,
  email: (text) => (text.trim() === '' ? '' : readEmailAddress(text)),
  url: (text) => new URL(text).href,
  id: (text) => text.toLowerCase(),
};
const amounts = new Set(['total_price', 'estimated_price', 'rating']);

/**
 * Expects that an answer has what was sent, or what it becomes by the contract. What was sent as null or left out
 * is for defaults.
 *
 * @param free fields that the contract ignores.
 */
function expectKept(sent: Json, read: Json, field: string, free: ReadonlySet<string>): void {
  if (sent === null || sent === undefined) return;
  if (Array.isArray(sent)) {
    expect([field, read.length]).toEqual([field, sent.length]);
    for (const [place, one] of sent.entries()) expectKept(one, read[place], field, free);
  } else if (typeof sent === 'object') {
    for (const [key, inner] of Object.entries(sent)) {
      if (free.has(key) || inner === null || inner === undefined) continue;
      const kept = Object.entries(read).find(([name]) => name.normalize('NFC') === key.normalize('NFC'));
      expect(kept, `${key} is kept`).toBeDefined();
      expectKept(inner, kept?.[1], key, free);
    }
  } else if (typeof read === 'string') {
    const text = typeof sent === 'boolean' ? (sent ? 'True' : 'False') : String(sent);
    const permitted = [text.normalize('NFC'), tidy(text), readers[field]?.(text)];
    if (amounts.has(field)) permitted.push(Number(text).toFixed(2));
    if (!Number.isNaN(Date.parse(text))) permitted.push(`${new Date(text).toISOString().slice(0, -5)}Z`);
    expect(permitted, field).toContain(read);
  } else expect([field, read]).toEqual([field, sent === 0 ? 0 : sent]);
}

const nothing: ReadonlySet<string> = new Set();
/** Patients' fields that are the service's, and unknown ones, are ignored by the contract. */
const ownOfPatients = new Set(['id', 'tenant_id', 'created_at', 'updated_at', 'unknown_field']);
const patientFields = new Set(Object.keys({ ...newPatient(), address: 0, medical_history: 0, allergies: 0 }));
const freeOf = (sent: Json): ReadonlySet<string> =>
  new Set([...ownOfPatients, ...Object.keys(sent).filter((key) => !patientFields.has(key))]);

interface Target {
  name: string;
  method: string;
  path(): Promise<string> | string;
  valid(): Promise<unknown> | unknown;
  /** Expects that what was accepted is there as it was sent. */
  expectRead?(sent: Json, answer: Json, path: string): Promise<void> | void;
}

const PATIENTS = '/api/v1/patients';
const MESSAGING = '/api/messaging';
const ADMIN = '/api/v1/admin';

const patientToChange = async () => (await call(person, 'POST', PATIENTS, newPatient())).body.id as string;
let contactId = '';
const contact = async (): Promise<string> => {
  contactId ||= (await imported(person, 1))[0]?.id ?? '';
  return contactId;
};
let counted = 100;
const nextNumber = () => {
  counted += 1;
  return counted;
};

const importOf = (kind: 'orders' | 'users' | 'services', make: (id: number) => object): Target => ({
  name: `import of ${kind}`,
  method: 'POST',
  path: () => `${ADMIN}/import/${kind}/`,
  valid: () => [make(nextNumber()), make(nextNumber())],
  async expectRead(sent) {
    const { body } = await call(person, 'GET', `${ADMIN}/export/${kind}/?limit=10000`);
    const byId = new Map<number, Json>(body.results.map((record: Json) => [record.id, record]));
    for (const record of sent) expectKept(record, byId.get(record.id), kind, nothing);
  },
});

const registration = () => ({
  creator: 'SPFUZZ',
  items: newIds(2).map((contentId) => ({
    ...{ contentId, title: 'Title', description: 'Some\ntext', contentType: 'video', refundable: true },
    ...{ tokenGating: { contract: 'SP1.token', least: 5 }, refundWindowDays: 30 },
  })),
});

const targets: Target[] = [
  {
    name: 'patients: create',
    method: 'POST',
    path: () => '/api/v1/batch/patients',
    valid: () => [newPatient(1), newPatient(2, { address: 'A street\nA town', allergies: 'nuts' })],
    expectRead: (sent, { patients }) => {
      expect(patients).toHaveLength(sent.length);
      for (const [place, one] of sent.entries()) expectKept(one, patients[place], 'patient', freeOf(one));
    },
  },
  {
    name: 'patients: create one',
    method: 'POST',
    path: () => PATIENTS,
    valid: () => newPatient(),
    async expectRead(sent, { id }) {
      expectKept(sent, (await call(person, 'GET', `${PATIENTS}/${id}`)).body, 'patient', freeOf(sent));
    },
  },
  {
    name: 'patients: update',
    method: 'PUT',
    path: () => '/api/v1/batch/patients',
    valid: async () => [{ id: await patientToChange(), first_name: 'Bea', phone: '(02) 9999 9999' }],
    async expectRead(sent, { patients }) {
      for (const [place, one] of sent.entries()) {
        const read = await call(person, 'GET', `${PATIENTS}/${patients[place].id}`);
        expectKept(one, read.body, 'patient', freeOf(one));
      }
    },
  },
  {
    name: 'patients: update one',
    method: 'PUT',
    path: async () => `${PATIENTS}/${await patientToChange()}`,
    valid: () => ({ last_name: 'Moyo', email: 'bea@example.com', medical_history: 'none' }),
    async expectRead(sent, _, path) {
      expectKept(sent, (await call(person, 'GET', path)).body, 'patient', freeOf(sent));
    },
  },
  {
    name: 'patients: remove',
    method: 'DELETE',
    path: () => '/api/v1/batch/patients',
    valid: async () => [await patientToChange(), randomUUID()],
  },
  {
    name: 'contacts: edit',
    method: 'POST',
    path: () => `${MESSAGING}/contacts/bulk-edit/`,
    valid: async () => ({
      contact_ids: [await contact()],
      updates: {
        ...{ name: 'Ann', email: 'ann@example.com', tags: ['a', 'b'], is_active: true },
        attributes: { city: 'Dodoma', children: [{ name: 'Ben', age: 4 }], score: 1.5 },
      },
    }),
    async expectRead({ updates }) {
      const { body } = await call(person, 'GET', `${MESSAGING}/contacts/${await contact()}/`);
      const tags = updates.tags && [...new Set(updates.tags.map(tidy))];
      expectKept({ ...updates, ...(tags ? { tags } : {}) }, body, 'contact', nothing);
    },
  },
  {
    name: 'contacts: delete',
    method: 'POST',
    path: () => `${MESSAGING}/contacts/bulk-delete/`,
    valid: () => ({ contact_ids: [randomUUID(), randomUUID()] }),
  },
  {
    name: 'contacts: import',
    method: 'POST',
    path: () => `${MESSAGING}/contacts/bulk-import/`,
    valid: () => ({
      import_type: 'phone_contacts',
      contacts: [
        { full_name: 'Ann', phone: phone(nextNumber()), email: 'ann@example.com' },
        { full_name: 'Ben', phone: phone(nextNumber()), city: 'Dodoma' },
      ],
      skip_duplicates: true,
      update_existing: false,
    }),
    expectRead: (sent, { imported: fresh, updated, skipped, errors, total_processed }) => {
      expect(total_processed).toBe(sent.contacts.length);
      expect(fresh + updated + skipped + errors.length).toBe(total_processed);
    },
  },
  {
    name: 'contacts: import of CSV',
    method: 'POST',
    path: () => `${MESSAGING}/contacts/bulk-import/`,
    valid: () => ({ import_type: 'csv', csv_data: `name,phone\nAnn,${phone(nextNumber())}` }),
  },
  {
    name: 'contacts: opt-out',
    method: 'POST',
    path: () => `${MESSAGING}/contacts/opt-out/`,
    valid: () => ({ phones: [phone(nextNumber() + 1_000_000), phone(nextNumber() + 1_000_000)] }),
    expectRead: (sent, { opted_out_count, total_requested, errors, error_details }) => {
      const entries = sent.phones ?? [sent.phone];
      expect(total_requested).toBe(entries.length);
      expect(errors).toHaveLength(error_details.length);
      expect(opted_out_count).toBeLessThanOrEqual(entries.length - errors.length);
    },
  },
  {
    name: 'texts: send',
    method: 'POST',
    path: () => `${MESSAGING}/sms/bulk-send/`,
    valid: () => ({
      contacts: [{ phone: phone(nextNumber() + 2_000_000), name: 'Ann', email: null, tags: [] }],
      message: 'Hello',
      sender_id: 'FUZZ',
      schedule_at: new Date(Date.now() + 86_400_000).toISOString(),
      campaign_id: 'may',
    }),
    async expectRead(sent, { results }) {
      expect(results.map((one: Json) => one.phone)).toEqual(sent.contacts.map((one: Json) => one.phone));
      for (const { message_id } of results) {
        if (!message_id) continue;
        const { body } = await call(person, 'GET', `${MESSAGING}/sms/messages/${message_id}/`);
        const { message, sender_id, campaign_id } = sent;
        if (!message.includes('{{')) expectKept({ message, sender_id, campaign_id }, body, 'text', nothing);
      }
    },
  },
  {
    name: 'texts: template',
    method: 'POST',
    path: () => `${MESSAGING}/templates/`,
    valid: () => ({ name: 'Greeting', body: 'Hi {{name}}\nyour code is {{code}}' }),
    expectRead: (sent, answer) => expectKept(sent, answer, 'template', nothing),
  },
  {
    name: 'texts: form for an upload',
    method: 'POST',
    path: () => `${MESSAGING}/sms/bulk-upload/url/`,
    valid: () => ({ content_type: 'text/csv' }),
  },
  {
    name: 'texts: upload',
    method: 'POST',
    path: () => `${MESSAGING}/sms/bulk-upload/`,
    valid: () => ({ upload_id: randomUUID(), sender_id: 'FUZZ', campaign_id: 'may' }),
  },
  {
    name: 'content: register',
    method: 'POST',
    path: () => '/api/content',
    valid: registration,
    async expectRead(sent) {
      for (const item of sent.items) {
        const { body } = await call(person, 'GET', `/api/content/${encodeURIComponent(item.contentId)}`);
        expectKept(item, body, 'content', nothing);
      }
    },
  },
  ...[
    ['batch-update-price', { newPrice: 5_000_000 }],
    ['batch-remove', { removalReason: 'Old' }],
    ['batch-update-metadata', { updates: { title: 'New', tokenGating: { least: 5 } } }],
  ].map(
    ([name, fields]): Target => ({
      name: `content: ${name}`,
      method: 'POST',
      path: () => `/api/batches/${name}`,
      valid: () => ({ creator: 'SPFUZZ', contentIds: newIds(2), ...(fields as object) }),
    }),
  ),
  importOf('orders', (id) => order(id)),
  importOf('users', (id) => user(id)),
  importOf('services', (id) => offer(id)),
  {
    name: 'admin: orders',
    method: 'POST',
    path: () => `${ADMIN}/bulk/orders/update-status/`,
    valid: () => ({ order_ids: [101, 102], status: 'confirmed', notes: 'Called', force: true }),
    expectRead: ({ order_ids }, { results }) => expect(results).toHaveLength(order_ids.length),
  },
  {
    name: 'admin: professionals',
    method: 'POST',
    path: () => `${ADMIN}/bulk/professionals/approve/`,
    valid: () => ({ user_ids: [101, 102], is_verified: true }),
    expectRead: ({ user_ids }, { results }) => expect(results).toHaveLength(user_ids.length),
  },
  {
    name: 'admin: services',
    method: 'POST',
    path: () => `${ADMIN}/bulk/services/update/`,
    valid: () => ({ service_ids: [101, 102], is_active: false }),
    expectRead: ({ service_ids }, { results }) => expect(results).toHaveLength(service_ids.length),
  },
  {
    name: 'admin: submit',
    method: 'POST',
    path: () => `${ADMIN}/async/submit/`,
    valid: () => ({
      operation_type: 'user_update',
      operations: [{ resource_id: 101, data: { first_name: 'Ann', email: 'ann@example.com' } }],
    }),
    expectRead: ({ operations }, { total_operations }) => expect(total_operations).toBe(operations.length),
  },
  {
    name: 'webhooks: create',
    method: 'POST',
    path: () => '/api/v1/webhooks',
    valid: () => ({ url: `https://example.com/${randomUUID()}`, events: ['sync.completed'] }),
    expectRead: ({ url, events }, answer) => {
      expect(answer.events).toEqual([...new Set(events)]);
      expectKept({ url }, answer, 'webhook', nothing);
    },
  },
  {
    name: 'access: create a key',
    method: 'POST',
    path: () => '/api/v1/api-keys',
    valid: () => ({ name: 'Robot', role: 'viewer', organization_id: '1', creator: 'SPFUZZ' }),
    expectRead: ({ name, role, creator }, answer) =>
      expectKept({ name, role, creator }, answer, 'key', nothing),
  },
  {
    name: 'cliniko: settings',
    method: 'PUT',
    path: () => '/api/v1/cliniko/settings/1',
    valid: () => ({
      ...{ name: 'Clinic', api_key: 'MS0xLWZ1enotYXUx-au1', contact_email: 'it@example.com' },
      schedule: 'rate(6 hours)',
    }),
    expectRead: ({ api_key, ...sent }, answer) => expectKept(sent, answer, 'settings', nothing),
  },
];

test.each(targets)(
  '$name: no body is a fault of ours, and what is accepted is there as it was sent',
  async ({ method, path, valid, expectRead }) => {
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const to = await path();
        const body = mutated(await valid(), changes);
        const answer = await call(person, method, to, body);
        expect([answer.status < 500, answer.body]).toEqual([true, answer.body]);
        // As it arrives: JSON has no negative zero, for example.
        const sent = JSON.parse(JSON.stringify(body));
        if (answer.status < 300) await expectRead?.(sent, answer.body, to);
      }),
      { numRuns: runs },
    );
  },
  600_000,
);
