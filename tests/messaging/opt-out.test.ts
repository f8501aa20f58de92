import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { everybody, importCsv, imported, phone, post } from './contact-helpers.ts';

const consentOf = async (person: Person) =>
  (await everybody(person)).map(({ is_active, opted_out_at }) => [is_active, typeof opted_out_at]);

const OUT = [false, 'string'];
const IN = [true, 'object'];

describe('notes that people do not want messages', () => {
  test.each([
    ['by a phone', { phone: phone(0) }, 1],
    ['by phones, one of them twice', { phones: [phone(0), phone(0)] }, 2],
  ])('%s', async (_, body, total_requested) => {
    const person = await somebody();
    await imported(person, 2);
    const answer = await post(person, 'opt-out', body);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        ...{ success: true, message: 'Successfully opted out 1 contacts', opted_out_count: 1 },
        ...{ total_requested, errors: [], error_details: [] },
      },
    ]);
    expect(await consentOf(person)).toEqual([OUT, IN]);
  });

  test.each(["'+255710000000", 'tel:+255-710-000-000', ' 255710000000.0', '+٢٥٥٧١٠٠٠٠٠٠٠', 255710000000])(
    'by the phone that %j shows',
    async (shown) => {
      const person = await somebody();
      await imported(person, 2);
      expect((await post(person, 'opt-out', { phone: shown })).status).toBe(200);
      expect(await consentOf(person)).toEqual([OUT, IN]);
    },
  );

  test('by a list with bad numbers: the good ones are out, and each bad one is told', async () => {
    const person = await somebody();
    await imported(person, 3);
    const phones = [
      phone(0),
      '+255000000000',
      '0712345678',
      phone(2),
      { phone: phone(1) },
      'x'.repeat(9_999),
    ];
    const { status, body } = await post(person, 'opt-out', { phones });
    expect([status, body.opted_out_count, body.total_requested]).toEqual([200, 2, 6]);
    expect(body.error_details).toEqual(
      [2, 3, 5, 6].map((row) => ({
        ...{ row, field: `phones.${row - 1}`, code: 'INVALID_PHONE' },
        message: expect.stringContaining('such as +255712345678'),
      })),
    );
    expect(body.errors).toEqual(
      [2, 3, 5, 6].map((row) => expect.stringMatching(`^Row ${row}: Invalid phone number format`)),
    );
    expect(await consentOf(person)).toEqual([OUT, IN, OUT]);
  });

  test('by ids of contacts, all of them or none', async () => {
    const person = await somebody();
    const [one, two] = await imported(person, 2);
    const unknown = randomUUID();
    const refused = await post(person, 'opt-out', { contact_ids: [one?.id, unknown] });
    expect([refused.status, refused.body.message]).toEqual([404, `Some contacts not found: ['${unknown}']`]);
    expect(await consentOf(person)).toEqual([IN, IN]);
    await post(person, 'opt-out', { contact_ids: [two?.id] });
    expect(await consentOf(person)).toEqual([IN, OUT]);
  });

  test('once: repeating it changes nothing, not even the time', async () => {
    const person = await somebody();
    await imported(person, 1);
    await post(person, 'opt-out', { phone: phone(0) });
    const before = await everybody(person);
    expect((await post(person, 'opt-out', { phone: phone(0) })).status).toBe(200);
    expect(await everybody(person)).toEqual(before);
  });

  test('of a tenant, and of no other', async () => {
    const [one, other] = [await somebody(), await somebody()];
    await imported(one, 1);
    await imported(other, 1);
    await post(one, 'opt-out', { phone: phone(0) });
    expect([await consentOf(one), await consentOf(other)]).toEqual([[OUT], [IN]]);
  });
});

describe('nothing undoes it', () => {
  test('no import that updates', async () => {
    const person = await somebody();
    await imported(person, 1);
    await post(person, 'opt-out', { phone: phone(0) });
    await importCsv(person, `phone,is_active,name\n${phone(0)},true,New\n`, { update_existing: true });
    expect(await everybody(person)).toMatchObject([
      { name: 'New', is_active: false, opted_out_at: expect.any(String) },
    ]);
  });

  test('no deletion followed by an import', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    await post(person, 'opt-out', { phone: phone(0) });
    await post(person, 'bulk-delete', { contact_ids: [contact?.id] });
    await imported(person, 1);
    expect(await consentOf(person)).toEqual([OUT]);
  });

  test('and it holds for phones that become contacts only later', async () => {
    const person = await somebody();
    await post(person, 'opt-out', { phone: phone(0) });
    expect(await everybody(person)).toEqual([]);
    await imported(person, 2);
    expect(await consentOf(person)).toEqual([OUT, IN]);
  });

  test('no import that comes at the same time', async () => {
    const person = await somebody();
    const rows = Array.from({ length: 120 }, (_, n) => phone(n));
    const [answer] = await Promise.all([
      post(person, 'opt-out', { phones: rows.slice(0, 60) }),
      importCsv(person, ['phone', ...rows].join('\n')),
    ]);
    expect(answer.status).toBe(200);
    await importCsv(person, ['phone', ...rows].join('\n'));
    expect(await consentOf(person)).toEqual(rows.map((_, n) => (n < 60 ? OUT : IN)));
  });
});

describe('refuses', () => {
  test.each([
    ['nobody', {}],
    ['two ways to say who', { phone: phone(0), contact_ids: [randomUUID()] }],
    ['a number that does not exist', { phone: '+255000000000' }],
    ['a national number', { phone: '0712345678' }],
    ['a list of nothing but such numbers', { phones: ['0712345678', 'nobody', 7.5, null] }],
    ['more than a hundred', { phones: Array.from({ length: 101 }, (_, n) => phone(n)) }],
  ])('%s', async (_, body) => {
    const answer = await post(await somebody(), 'opt-out', body);
    expect([answer.status, answer.body.error_code]).toEqual([400, 'VALIDATION_ERROR']);
  });

  test('viewers and strangers', async () => {
    const person = await somebody();
    const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
    await imported(person, 1);
    expect((await post(viewer, 'opt-out', { phone: phone(0) })).status).toBe(403);
    expect((await post(person, 'opt-out', { phone: phone(0) }, { Authorization: '' })).status).toBe(401);
    expect(await consentOf(person)).toEqual([IN]);
  });
});
