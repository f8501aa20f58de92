import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { CONTACTS, type Contact, importCsv, imported, phone, post } from './contact-helpers.ts';

interface Page {
  success: boolean;
  contacts: Contact[];
  total: number;
  limit: number;
  offset: number;
}

async function list(person: Person, query: string) {
  const response = await person.fetch(`${CONTACTS}/${query}`);
  return { status: response.status, body: (await response.json()) as Page & { details: { field: string } } };
}

const names = ({ contacts }: Page) => contacts.map(({ name }) => name);

describe('lists', () => {
  test('in pages with an exact total, whatever was deleted', async () => {
    const person = await somebody();
    const contacts = await imported(person, 120);
    await post(person, 'bulk-delete', { contact_ids: contacts.slice(0, 20).map(({ id }) => id) });
    const { status, body } = await list(person, '?limit=30&offset=60');
    expect([status, body]).toEqual([
      200,
      { success: true, contacts: contacts.slice(80, 110), total: 100, limit: 30, offset: 60 },
    ]);
    expect((await list(person, '?offset=100')).body).toMatchObject({ contacts: [], total: 100, limit: 50 });
    expect((await list(person, '')).body.contacts).toHaveLength(50);
  });

  test('what a search finds in names, phones and addresses, and how many there are', async () => {
    const person = await somebody();
    await importCsv(
      person,
      [
        'name,phone,email,tags',
        `Ann Lee,${phone(1)},ann@example.com,vip`,
        `Bob,${phone(2)},bob@leeds.example,vip;new`,
        `ÉVA,${phone(3333333)},,new`,
      ].join('\n'),
    );
    for (const [query, expected] of [
      ['?search=LEE', ['Ann Lee', 'Bob']],
      ['?search=éva', ['ÉVA']],
      ['?search=3333333', ['ÉVA']],
      [`?search=${encodeURIComponent(phone(1))}`, ['Ann Lee']],
      ['?search=.*', []],
      ['?tag=vip', ['Ann Lee', 'Bob']],
      ['?tag=vi', []],
      ['?tag=new&search=bob', ['Bob']],
      ['?tag=vip&limit=1&offset=1', ['Bob']],
    ] as const) {
      const { body } = await list(person, query);
      expect([query, names(body)]).toEqual([query, expected]);
      expect(body.total).toBe(query.includes('offset') ? 2 : expected.length);
    }
  });

  test('names in any order, without accents, whatever blanks lie between, and phones as people write them', async () => {
    const person = await somebody();
    const contacts = [
      { name: 'José  María   García', phone: phone(1) },
      { name: 'Łukasz Weiß', phone: phone(2) },
      { name: 'O’Brien', phone: phone(3), email: 'Pat@Example.com' },
      { name: 'Ｙｕｋｉ', phone: phone(4) },
      { name: 'İpek', phone: phone(5) },
    ];
    await post(person, 'bulk-import', { import_type: 'phone_contacts', contacts });
    for (const [search, expected] of [
      ['jose', [phone(1)]],
      ['JOSÉ', [phone(1)]],
      ['jose\u0301', [phone(1)]],
      ['garcia jose', [phone(1)]],
      ['García   María', [phone(1)]],
      ['jos gar', [phone(1)]],
      ['jose lukasz', []],
      ['lukasz weiss', [phone(2)]],
      ["o'brien", [phone(3)]],
      ['pat@example o’br', [phone(3)]],
      ['yuki', [phone(4)]],
      ['ipek', [phone(5)]],
      ['0710 000 002', [phone(2)]],
      ['+255 (710) 000-003', [phone(3)]],
      ['00255710000004', [phone(4)]],
      ['   ', contacts.map((one) => one.phone)],
    ] as const) {
      const { body } = await list(person, `?search=${encodeURIComponent(search)}`);
      expect([search, body.contacts.map(({ phone_e164 }) => phone_e164), body.total]).toEqual([
        search,
        expected,
        expected.length,
      ]);
    }
  });

  test('a change at once, also where it was asked before', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 2);
    expect(names((await list(person, '?search=person')).body)).toEqual(['Person 0', 'Person 1']);
    await post(person, 'bulk-edit', { contact_ids: [contact?.id], updates: { name: 'Else' } });
    expect(names((await list(person, '?search=person')).body)).toEqual(['Person 1']);
    expect(names((await list(person, '')).body)).toEqual(['Else', 'Person 1']);
  });

  test('to viewers of the tenant, and to nobody else', async () => {
    const person = await somebody();
    await imported(person, 1);
    const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
    expect((await list(viewer, '')).body.total).toBe(1);
    expect((await list(await somebody(), '')).body.total).toBe(0);
    const stranger = await fetch(`${person.url}${CONTACTS}`);
    expect([stranger.status, ((await stranger.json()) as { error_code: string }).error_code]).toEqual([
      401,
      'UNAUTHORIZED',
    ]);
  });

  test.each([
    ['?limit=0', 'limit'],
    ['?limit=', 'limit'],
    ['?limit=1e3', 'limit'],
    ['?limit=0x10', 'limit'],
    ['?limit=1&limit=2', 'limit'],
    ['?offset=-1', 'offset'],
    ['?offset=1.5', 'offset'],
    ['?offset=9007199254740993', 'offset'],
    [`?search=${'x'.repeat(101)}`, 'search'],
    ['?search=%00', 'search'],
    ['?tag=%0a', 'tag'],
  ])('nothing for %s, and says why', async (query, field) => {
    const { status, body } = await list(await somebody(), query);
    expect([status, body.details.field]).toEqual([400, field]);
  });

  test('long contacts in shorter pages, all of them', async () => {
    const person = await somebody();
    const contacts = await imported(person, 100);
    const updates = { attributes: { note: 'x'.repeat(60_000) } };
    await post(person, 'bulk-edit', { contact_ids: contacts.map(({ id }) => id), updates });
    const seen: string[] = [];
    while (seen.length < 100) {
      const { status, body } = await list(person, `?limit=100&offset=${seen.length}`);
      expect([status, body.contacts.length]).toEqual([200, Math.min(body.limit, body.contacts.length)]);
      seen.push(...body.contacts.map(({ id }) => id));
    }
    expect(seen).toEqual(contacts.map(({ id }) => id));
  });
});

describe('one contact', () => {
  test('is read by its id', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    for (const id of [contact?.id, contact?.id.toUpperCase()]) {
      const response = await person.fetch(`${CONTACTS}/${id}/`);
      expect([response.status, await response.json()]).toEqual([200, contact]);
    }
  });

  test.each([randomUUID(), 'x', '~AAAAAAAAAAAAAAAAAAAAAA', '%2e%2e', 'a%2Fb', 'x'.repeat(3_000)])(
    'is not found as %s',
    async (id) => {
      const response = await (await somebody()).fetch(`${CONTACTS}/${id}`);
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { success: false, error_code: 'NOT_FOUND' },
      ]);
    },
  );

  test('of another tenant is not found in the same words', async () => {
    const [contact] = await imported(await somebody(), 1);
    const person = await somebody();
    const texts = await Promise.all(
      [contact?.id, randomUUID()].map(async (id) => (await person.fetch(`${CONTACTS}/${id}`)).text()),
    );
    expect(texts[0]).toBe(texts[1]);
  });
});
