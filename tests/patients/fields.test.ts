import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { newPatient } from './fixtures.ts';
import { badUuid, created, everybody, flaw, missing, none, unknownId } from './helpers.ts';

const permitted = "value is not a valid enumeration member; permitted: 'male', 'female', 'other'";
const text = ['str type expected', 'type_error.str'] as const;
const date = ['invalid date format', 'value_error.date'] as const;
const dateType = ['invalid type; expected date, string, bytes, int or float', 'type_error'] as const;
const email = ['value is not a valid email address', 'value_error.email'] as const;
const gender = [permitted, 'type_error.enum', { enum_values: ['male', 'female', 'other'] }] as const;
const empty = [
  'ensure this value has at least 1 characters',
  'value_error.any_str.min_length',
  { limit_value: 1 },
] as const;
const long = (limit: number) =>
  [
    `ensure this value has at most ${limit} characters`,
    'value_error.any_str.max_length',
    { limit_value: limit },
  ] as const;

const unstorable = [
  'characters that cannot be stored are not allowed',
  'value_error.any_str.characters',
] as const;

const refused: [
  field: string,
  value: unknown,
  ...flaw: readonly [string, string, Record<string, unknown>?],
][] = [
  ['first_name', {}, ...text],
  ['first_name', ['Ada'], ...text],
  ['first_name', '', ...empty],
  ['first_name', ' ', ...empty],
  ['first_name', '\u200b', ...empty],
  ['first_name', '\u2800\u3164\ufeff', ...empty],
  ['first_name', 'x'.repeat(101), ...long(100)],
  ['last_name', [], ...text],
  ['last_name', 'x'.repeat(101), ...long(100)],
  ['phone', {}, ...text],
  ['phone', '+'.padEnd(33, '1'), ...long(32)],
  ['phone', '02 9999\n9999', ...unstorable],
  ['phone', '\u200e02\u0000', ...unstorable],
  ['address', {}, ...text],
  ['address', 'x'.repeat(501), ...long(500)],
  ['medical_history', [], ...text],
  ['medical_history', 'x'.repeat(10_001), ...long(10_000)],
  ['allergies', { a: 1 }, ...text],
  ['allergies', 'x'.repeat(2_001), ...long(2_000)],
  ['date_of_birth', '', ...date],
  ['date_of_birth', 'yesterday', ...date],
  ['date_of_birth', '1990-1-1', ...date],
  ['date_of_birth', '1990', ...date],
  ['date_of_birth', '10.12.1990', ...date],
  ['date_of_birth', '1990-12-10T00:00:00Z', ...date],
  ['date_of_birth', '2025-02-30', ...date],
  ['date_of_birth', '2023-02-29', ...date],
  ['date_of_birth', 19901210, ...date],
  ['date_of_birth', true, ...date],
  ['date_of_birth', [], ...dateType],
  ['date_of_birth', {}, ...dateType],
  ['gender', 'Male', ...gender],
  ['gender', '', ...gender],
  ['gender', 1, ...gender],
  ['gender', ['male'], ...gender],
  ['email', '', ...email],
  ['email', 5, ...email],
  ['email', 'ada', ...email],
  ['email', 'ada.example.com', ...email],
  ['email', '@example.com', ...email],
  ['email', 'ada@', ...email],
  ['email', 'ada@example', ...email],
  ['email', 'a b@example.com', ...email],
  ['email', 'ada@example.com/path', ...email],
  ['email', 'ada@example.com?x=<script>', ...email],
  ['email', 'ada@example.com#f', ...email],
  ['email', 'ada@example.com:25', ...email],
  ['email', 'ada@%65xample.com', ...email],
  ['email', 'ada@example.com\\x', ...email],
  ['email', 'ada@example-.com', ...email],
  ['email', 'ada@-example.com', ...email],
  ['email', 'ada@exa..mple.com', ...email],
  ['email', `${'x'.repeat(250)}@example.com`, ...email],
  ['email', `${'x'.repeat(65)}@example.com`, ...email],
  ['email', `x@${'y'.repeat(64)}.com`, ...email],
  ['email', `x@${'y.'.repeat(126)}com`, ...email],
  ['email', 'n/a', ...email],
  ['email', '.ada@example.com', ...email],
  ['email', 'ada.@example.com', ...email],
  ['email', 'a..da@example.com', ...email],
  ['email', '"ada moyo"@example.com', ...email],
  ['email', 'ada@[127.0.0.1]', ...email],
  ['email', 'ada@127.0.0.1', ...email],
  ['email', 'ada@exa_mple.com', ...email],
  ['email', 'mailto:ada@example.com', ...email],
  ['email', 'ada@example.com, ben@example.com', ...email],
  ['email', ['ada@example.com'], ...email],
];

const named = (value: unknown) => {
  const shown = JSON.stringify(value);
  return shown.length > 40 ? `${shown.slice(0, 20)}… (${shown.length} characters)` : shown;
};

describe('a field that is not valid is named with what is wrong with it, and its value is not repeated', () => {
  test.each(refused.map(([field, value, ...rest]) => [field, named(value), value, rest] as const))(
    '%s %s',
    async (field, _, value, [msg, type, ctx]) => {
      const person = await somebody();
      const creation = await person.api.patients.create({ body: [newPatient(0, { [field]: value })] });
      expect(creation.status).toBe(422);
      expect(creation.body).toEqual({ detail: [flaw(['body', 0, field], msg, type, ctx)] });
      const change = await person.api.patients.update({ body: [{ id: unknownId(), [field]: value }] });
      expect(change.body).toEqual({ detail: [flaw(['body', 0, field], msg, type, ctx)] });
      const one = await person.api.patients.createOne({ body: newPatient(0, { [field]: value }) });
      expect(one.body).toEqual({ detail: [flaw(['body', field], msg, type, ctx)] });
      expect(await everybody(person)).toEqual([]);
    },
  );
});

describe('a required field must be there and not be null', () => {
  test.each(['first_name', 'last_name', 'date_of_birth', 'gender', 'phone'])('%s', async (field) => {
    const { api } = await somebody();
    const left = await api.patients.create({ body: [newPatient(0, { [field]: undefined })] });
    expect(left.body).toEqual({ detail: [missing('body', 0, field)] });
    const empty = await api.patients.create({ body: [newPatient(0, { [field]: null })] });
    expect(empty.body).toEqual({ detail: [none('body', 0, field)] });
  });
});

test('a phone of letters is refused with the rule that it breaks', async () => {
  const { api } = await somebody();
  const result = await api.patients.create({ body: [newPatient(0, { phone: 'call me' })] });
  expect(result.status).toBe(422);
  expect(result.body).toMatchObject({
    detail: [
      { loc: ['body', 0, 'phone'], type: 'value_error.str.regex', ctx: { pattern: expect.any(String) } },
    ],
  });
});

test('a day of birth in the future or before 1900 is refused', async () => {
  const { api } = await somebody();
  const next = `${new Date().getUTCFullYear() + 1}-01-03`;
  const result = await api.patients.create({
    body: [newPatient(0, { date_of_birth: next }), newPatient(1, { date_of_birth: '1899-12-31' })],
  });
  expect(result.status).toBe(422);
  expect(result.body).toMatchObject({
    detail: [{ loc: ['body', 0, 'date_of_birth'] }, { loc: ['body', 1, 'date_of_birth'] }],
  });
});

test('the 29th of February of a leap year is a day', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1, { date_of_birth: '2024-02-29' });
  expect(patient?.date_of_birth).toBe('2024-02-29');
});

test('every error of every record is listed, in the order of the request and then of the fields', async () => {
  const person = await somebody();
  const result = await person.untypedApi.patients.create({
    body: [
      { email: 'x', phone: null, first_name: {} },
      newPatient(1),
      5,
      null,
      'x',
      [],
      newPatient(6, { gender: 'f', allergies: {}, last_name: '' }),
    ],
  });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({
    detail: [
      flaw(['body', 0, 'first_name'], ...text),
      missing('body', 0, 'last_name'),
      missing('body', 0, 'date_of_birth'),
      missing('body', 0, 'gender'),
      none('body', 0, 'phone'),
      flaw(['body', 0, 'email'], ...email),
      flaw(['body', 2], 'value is not a valid dict', 'type_error.dict'),
      none('body', 3),
      flaw(['body', 4], 'value is not a valid dict', 'type_error.dict'),
      flaw(['body', 5], 'value is not a valid dict', 'type_error.dict'),
      flaw(['body', 6, 'last_name'], ...empty),
      flaw(['body', 6, 'gender'], ...gender),
      flaw(['body', 6, 'allergies'], ...text),
    ],
  });
  expect(await everybody(person)).toEqual([]);
});

test('the errors of 500 records are all listed', async () => {
  const { api } = await somebody();
  const result = await api.patients.create({
    body: Array.from({ length: 500 }, (_, n) => newPatient(n, { phone: undefined })),
  });
  expect(result.status).toBe(422);
  expect((result.body as { detail: unknown[] }).detail).toEqual(
    Array.from({ length: 500 }, (_, n) => missing('body', n, 'phone')),
  );
});

test('the limits of lengths count characters, whatever they are', async () => {
  const person = await somebody();
  const name = '𠮷'.repeat(100);
  const [patient] = await created(person, 1, { first_name: name });
  expect(patient?.first_name).toBe(name);
});

test('fields of exactly their largest length are stored whole', async () => {
  const person = await somebody();
  const longest = {
    first_name: 'x'.repeat(100),
    address: 'x'.repeat(500),
    medical_history: 'x'.repeat(10_000),
    allergies: 'x'.repeat(2_000),
  };
  await created(person, 1, longest);
  expect(await everybody(person)).toMatchObject([longest]);
});

describe('an e-mail address that people have is taken', () => {
  test.each([
    ...['ada@example.com', 'a.b+c@mail.example.co.tz', 'ada@münchen.example.de', "o'hara@example.com"],
    ...['a&b@example.com', 'a/b@example.com', '{a}=b!#$%^*?`|~-_@example.com', 'ada@xn--mnchen-3ya.de'],
    ...['ada@пример.рф', 'почта@пример.рф', `${'x'.repeat(64)}@example.com`],
  ])('%s', async (address) => {
    const person = await somebody();
    const [patient] = await created(person, 1, { email: address });
    expect(patient?.email).toBe(address);
  });

  test.each([
    ['  ada@example.com\u00a0\n', 'ada@example.com'],
    ['\u202aada@example.com\u202c', 'ada@example.com'],
    ['Ada.Moyo@Example.COM', 'Ada.Moyo@example.com'],
    ['Ada Moyo <ada@example.com>', 'ada@example.com'],
    ['ada@mu\u0308nchen.de', 'ada@münchen.de'],
  ])('%j as %s', async (written, address) => {
    const person = await somebody();
    const [patient] = await created(person, 1, { email: written });
    expect(patient?.email).toBe(address);
  });
});

describe('a phone as people write it is taken', () => {
  test.each([
    ...['(02) 9999 9999', '(555) 123-4567', '+(61) 412 345 678', '+61 (0) 412 345 678', '02 9999 9999 x5'],
    ...['+255 712 345 678 ext. 5', '+1 555 123 4567 #12', '0712.345.678', '02-9999/9999', '555, ext 7'],
  ])('%s', async (phone) => {
    const person = await somebody();
    const [patient] = await created(person, 1, { phone });
    expect(patient?.phone).toBe(phone);
  });

  test.each([
    ["'+255712345678", '+255712345678'],
    ['tel:+255-712-345-678', '+255-712-345-678'],
    ['255712345678.0', '255712345678'],
    ['0712 345 678\t\r\n', '0712 345 678'],
    ['+255–712‑345−678', '+255-712-345-678'],
    ['+255\u00a0712\u202f345\u2009678', '+255 712 345 678'],
    ['\u202a+255712345678\u202c', '+255712345678'],
    ['+٢٥٥٧١٢٣٤٥٦٧٨', '+255712345678'],
    ['+२५५७१२३४५६७८', '+255712345678'],
    ['＋２５５（７１２）３４５６７８', '+255(712)345678'],
    [255712345678, '255712345678'],
  ])('%j as %s', async (written, shown) => {
    const person = await somebody();
    const [patient] = await created(person, 1, { phone: written as string });
    expect(patient?.phone).toBe(shown);
  });
});

describe('an id that is no UUID is refused by an update', () => {
  test.each(['', 'x', 5, {}, '550e8400-e29b-41d4-a716-44665544000', '550e8400e29b41d4a716446655440000z'])(
    '%j',
    async (id) => {
      const { api } = await somebody();
      const result = await api.patients.update({ body: [{ id, first_name: 'B' }] });
      expect(result.status).toBe(422);
      expect(result.body).toEqual({ detail: [badUuid('body', 0, 'id')] });
    },
  );
});
