import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { type Contact, everybody, imported, post } from './contact-helpers.ts';

const idsOf = (contacts: Contact[]) => contacts.map(({ id }) => id);

describe('changes', () => {
  test('every field of several contacts, and nothing of the others', async () => {
    const person = await somebody();
    const [one, two, three] = await imported(person, 3);
    const updates = {
      name: 'Updated Name',
      email: 'updated@example.com',
      tags: ['tag1', 'tag2', 'tag1'],
      attributes: { company: 'New Company', department: { name: 'Sales', since: [1, null] } },
      is_active: false,
    };
    const { status, body } = await post(person, 'bulk-edit', { contact_ids: [one?.id, two?.id], updates });
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        message: 'Successfully updated 2 contacts',
        updated_count: 2,
        total_requested: 2,
        errors: [],
      },
    ]);
    const changed = { ...updates, tags: ['tag1', 'tag2'], updated_at: expect.any(String) };
    expect(await everybody(person)).toEqual([{ ...one, ...changed }, { ...two, ...changed }, three]);
  });

  test('and clears what may be empty, and replaces attributes', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    const edit = (updates: object) => post(person, 'bulk-edit', { contact_ids: [contact?.id], updates });
    await edit({ attributes: { a: 1 }, tags: ['x'], email: 'a@example.com' });
    await edit({ attributes: { b: 2 }, tags: [], email: null, name: null, is_active: true });
    expect(await everybody(person)).toMatchObject([
      { name: null, email: null, tags: [], attributes: { b: 2 }, is_active: true },
    ]);
  });

  test('a hundred contacts at once, and not one more', async () => {
    const person = await somebody();
    const contacts = await imported(person, 101);
    const edit = (count: number) =>
      post(person, 'bulk-edit', { contact_ids: idsOf(contacts).slice(0, count), updates: { tags: ['all'] } });
    expect([(await edit(101)).status, (await everybody(person, '&tag=all')).length]).toEqual([400, 0]);
    expect([(await edit(100)).status, (await everybody(person, '&tag=all')).length]).toEqual([200, 100]);
  });
});

test('keeps texts in Unicode NFC, an address by the one rule, and attributes as they are', async () => {
  const person = await somebody();
  const [contact] = await imported(person, 1);
  const updates = {
    ...{ name: ' Jose\u0301 ', email: ' a&b@Example.com ', tags: ['e\u0301'] },
    attributes: { 'e\u0301': ['u\u0308', { deep: ' two\nlines ', score: -0.5, yes: true, no: null }] },
  };
  expect((await post(person, 'bulk-edit', { contact_ids: [contact?.id], updates })).status).toBe(200);
  expect(await everybody(person)).toMatchObject([
    {
      ...{ name: 'José', email: 'a&b@example.com', tags: ['é'] },
      attributes: { é: ['ü', { deep: ' two\nlines ', score: -0.5, yes: true, no: null }] },
    },
  ]);
});

describe('with an id that is nobody’s', () => {
  test.each([0, 1, 2])('at position %i nobody is changed, and it is named', async (position) => {
    const person = await somebody();
    const contacts = await imported(person, 3);
    const unknown = randomUUID();
    const { status, body } = await post(person, 'bulk-edit', {
      contact_ids: idsOf(contacts).with(position, unknown),
      updates: { name: 'Changed' },
    });
    expect([status, body]).toEqual([
      404,
      {
        success: false,
        message: `Some contacts not found: ['${unknown}']`,
        error_code: 'NOT_FOUND',
        details: {},
        updated_count: 0,
        total_requested: 3,
        errors: [`Contact with ID ${unknown} not found`],
      },
    ]);
    expect(await everybody(person)).toEqual(contacts);
  });

  test('several are listed as Python does', async () => {
    const body = { contact_ids: ['uuid1', 'uuid2'], updates: { name: 'x' } };
    expect((await post(await somebody(), 'bulk-edit', body)).body).toMatchObject({
      message: "Some contacts not found: ['uuid1', 'uuid2']",
      errors: ['Contact with ID uuid1 not found', 'Contact with ID uuid2 not found'],
    });
  });

  test('or another tenant’s, the answer is the same', async () => {
    const [owner, other] = [await somebody(), await somebody()];
    const contacts = await imported(owner, 1);
    const ask = async (id: string) => {
      const body = { contact_ids: [id], updates: { name: 'Mine' } };
      const answer = await post(other, 'bulk-edit', body);
      return { status: answer.status, text: JSON.stringify(answer.body).replaceAll(id, 'ID') };
    };
    expect(await ask(contacts[0]?.id ?? '')).toEqual(await ask(randomUUID()));
    expect(await everybody(owner)).toEqual(contacts);
  });
});

describe('consent', () => {
  test('that was withdrawn is not given back by an edit, and the caller is told', async () => {
    const person = await somebody();
    const contacts = await imported(person, 2);
    const [out, other] = idsOf(contacts);
    await post(person, 'opt-out', { contact_ids: [out] });
    const { status, body } = await post(person, 'bulk-edit', {
      contact_ids: [out, other],
      updates: { is_active: true, name: 'New' },
    });
    expect([status, body.updated_count, body.errors]).toEqual([
      200,
      2,
      [`Contact with ID ${out} has opted out and stays inactive`],
    ]);
    expect(await everybody(person)).toMatchObject([
      { id: out, name: 'New', is_active: false, opted_out_at: expect.any(String) },
      { id: other, name: 'New', is_active: true, opted_out_at: null },
    ]);
  });

  test('that an editor withdrew is not given back by an import', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    await post(person, 'bulk-edit', { contact_ids: [contact?.id], updates: { is_active: false } });
    const csv_data = `phone,is_active,name\n${contact?.phone_e164},true,New\n`;
    await post(person, 'bulk-import', { import_type: 'csv', csv_data, update_existing: true });
    expect(await everybody(person)).toMatchObject([{ name: 'New', is_active: false }]);
  });
});

describe('refuses', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`) as object;
  const id = randomUUID();
  test.each([
    [
      'a field that it does not know, by its name',
      { contact_ids: [id], updates: { phone: '+1' } },
      'updates.phone',
    ],
    [
      'what is not the caller’s to change',
      { contact_ids: [id], updates: { tenant_id: 'x' } },
      'updates.tenant_id',
    ],
    ['nothing to change', { contact_ids: [id], updates: {} }, 'updates'],
    ['no updates', { contact_ids: [id] }, 'updates'],
    ['no ids', { contact_ids: [], updates: { name: 'x' } }, 'contact_ids'],
    ['ids that are no list', { contact_ids: id, updates: { name: 'x' } }, 'contact_ids'],
    ['an id that is no text', { contact_ids: [7], updates: { name: 'x' } }, 'contact_ids.0'],
    ['an id that could be no id', { contact_ids: ["a'b"], updates: { name: 'x' } }, 'contact_ids.0'],
    ['the name of a phone’s record', { contact_ids: ['~AAAA'], updates: { name: 'x' } }, 'contact_ids.0'],
    ['an e-mail address that is none', { contact_ids: [id], updates: { email: 'a@b' } }, 'updates.email'],
    ['an empty name', { contact_ids: [id], updates: { name: '  ' } }, 'updates.name'],
    ...['\u0000', '\u0007', '\u0085', '\u007f', '\ud800', '\uffff', '\n', '\t'].flatMap(
      (character): [string, unknown, string][] => {
        const text = `a${character}b`;
        const place = `the character ${JSON.stringify(character)}`;
        return [
          [`${place} in a name`, { contact_ids: [id], updates: { name: text } }, 'updates.name'],
          [`${place} in a tag`, { contact_ids: [id], updates: { tags: [text] } }, 'updates.tags.0'],
          [`${place} in an address`, { contact_ids: [id], updates: { email: text } }, 'updates.email'],
          [
            `${place} in the name of an attribute`,
            { contact_ids: [id], updates: { attributes: { [text]: 1 } } },
            'updates.attributes',
          ],
        ];
      },
    ),
    [
      'two names of attributes that are one',
      { contact_ids: [id], updates: { attributes: { é: 1, 'e\u0301': 2 } } },
      'updates.attributes',
    ],
    [
      'a number that JSON rounded',
      { contact_ids: [id], updates: { attributes: { id: 2 ** 53 } } },
      'updates.attributes',
    ],
    [
      'half a surrogate pair deep inside',
      { contact_ids: [id], updates: { attributes: { a: ['\ud800'] } } },
      'updates.attributes',
    ],
    ['attributes without end', { contact_ids: [id], updates: { attributes: deep } }, 'updates.attributes'],
    [
      'large attributes',
      { contact_ids: [id], updates: { attributes: { a: 'x'.repeat(70_000) } } },
      'updates.attributes',
    ],
    ['tags that are a text', { contact_ids: [id], updates: { tags: 'vip' } }, 'updates.tags'],
    [
      'a state that is no boolean',
      { contact_ids: [id], updates: { is_active: 'true' } },
      'updates.is_active',
    ],
  ])('%s', async (_, body, field) => {
    const answer = await post(await somebody(), 'bulk-edit', body);
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { success: false, error_code: 'VALIDATION_ERROR', details: { field } },
    ]);
  });

  test('the same id twice, in whatever case', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    const ids = [contact?.id, contact?.id.toUpperCase()];
    const { status, body } = await post(person, 'bulk-edit', { contact_ids: ids, updates: { name: 'x' } });
    expect([status, body.message]).toEqual([400, 'Duplicate contact IDs are not allowed']);
    expect(await everybody(person)).toEqual([contact]);
  });

  test.each(['{', '', 'null', '[]', '{"__proto__":{}}'])('a body like %j', async (body) => {
    const answer = await post(await somebody(), 'bulk-edit', body);
    expect([answer.status, answer.body.error_code]).toEqual([400, 'VALIDATION_ERROR']);
  });

  test('viewers, strangers, and the eleventh call of a minute', async () => {
    const person = await somebody();
    const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
    const [contact] = await imported(person, 1);
    const body = { contact_ids: [contact?.id], updates: { name: 'Changed' } };
    expect((await post(viewer, 'bulk-edit', body)).status).toBe(403);
    expect((await post(person, 'bulk-edit', body, { Authorization: 'Bearer x' })).status).toBe(401);
    expect(await everybody(person)).toEqual([contact]);
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => (await post(person, 'bulk-edit', body)).status),
    );
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });
});
