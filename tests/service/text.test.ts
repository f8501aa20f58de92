import { describe, expect, test } from 'vitest';
import { newPatient } from '../patients/fixtures.ts';
import { BATCH, created, everybody, flaw, send } from '../patients/helpers.ts';
import { somebody } from '../people.ts';

const oneLine = ['first_name', 'last_name'] as const;
const manyLines = ['address', 'medical_history', 'allergies'] as const;
const texts = [...oneLine, ...manyLines];

const unstorable: [string, string][] = [
  ['NUL', '\u0000'],
  ['the first half of a character', '\ud800'],
  ['the second half of a character', '\udc00'],
  ['two halves in the wrong order', '\udc00\ud800'],
  ['U+FFFE', '\ufffe'],
  ['U+FFFF', '\uffff'],
  ['a bell', '\u0007'],
  ['a backspace', '\b'],
  ['a vertical tab', '\u000b'],
  ['a form feed', '\f'],
  ['an escape', '\u001b[31m'],
  ['a delete', '\u007f'],
  ['a control of the second kind', '\u0085'],
];

const refusal = (...loc: (string | number)[]) =>
  flaw(loc, 'characters that cannot be stored are not allowed', 'value_error.any_str.characters');

describe('characters that no table or queue takes are refused in every text', () => {
  test.each(unstorable)('%s', async (_, character) => {
    const person = await somebody();
    const [patient] = await created(person, 1);
    const fields = Object.fromEntries(texts.map((field) => [field, `a${character}b`]));
    const creation = await person.api.patients.create({ body: [newPatient(0, fields)] });
    expect(creation.status).toBe(422);
    expect(creation.body).toEqual({ detail: texts.map((field) => refusal('body', 0, field)) });
    const change = await person.api.patients.update({ body: [{ id: patient?.id, ...fields }] });
    expect(change.body).toEqual({ detail: texts.map((field) => refusal('body', 0, field)) });
    for (const field of ['phone', 'email', 'gender', 'date_of_birth']) {
      const other = await person.api.patients.create({
        body: [newPatient(0, { [field]: `a${character}b` })],
      });
      expect(other.status).toBe(422);
    }
    expect(await everybody(person)).toEqual([patient]);
  });
});

test('U+FFFD, where a text was lost, is refused in every text, also where it is written as an escape', async () => {
  const person = await somebody();
  const fields = Object.fromEntries(texts.map((field) => [field, 'a\ufffdb']));
  const body = JSON.stringify([newPatient(0, fields)]).replaceAll('\ufffd', '\\ufffd');
  const creation = await send(person, 'POST', BATCH, body);
  expect(creation.status).toBe(422);
  expect(JSON.parse(creation.text)).toEqual({ detail: texts.map((field) => refusal('body', 0, field)) });
  expect(await everybody(person)).toEqual([]);
});

describe('TAB, LF and CR are for texts of several lines alone', () => {
  test.each(['\t', '\n', '\r', '\r\n'])('%j', async (space) => {
    const person = await somebody();
    const lines = Object.fromEntries(manyLines.map((field) => [field, `1${space}2`]));
    const [patient] = await created(person, 1, lines);
    expect(patient).toMatchObject(lines);
    for (const field of oneLine) {
      const result = await person.api.patients.create({ body: [newPatient(0, { [field]: `a${space}b` })] });
      expect(result.body).toEqual({ detail: [refusal('body', 0, field)] });
    }
    const phone = await person.api.patients.create({ body: [newPatient(0, { phone: `+1${space}2` })] });
    expect(phone.status).toBe(422);
    expect(await everybody(person)).toEqual([patient]);
  });
});

test('every other character is stored as it was sent', async () => {
  const person = await somebody();
  const text = '😀 𠮷 Zoë Ελλάδα शुभ ١٢٣ \u200b\u202e\u00a0\ufeff <b>&amp;"\'\\ =1+1';
  const [patient] = await created(person, 1, { last_name: text, address: text });
  expect(patient).toMatchObject({ last_name: text, address: text });
  expect(await everybody(person)).toEqual([patient]);
});

test('one name is one sequence of characters, however it was composed', async () => {
  const person = await somebody();
  const decomposed = 'Zoe\u0308 A\u030angstro\u0308m';
  const composed = 'Zoë Ångström';
  const [patient] = await created(person, 1, { first_name: decomposed, address: decomposed });
  expect(patient).toMatchObject({ first_name: composed, address: composed });
  await person.api.patients.update({ body: [{ id: patient?.id, last_name: decomposed }] });
  const one = await person.api.patients.createOne({ body: newPatient(1, { allergies: decomposed }) });
  expect(one.body).toMatchObject({ allergies: composed });
  expect(await everybody(person)).toMatchObject([{ last_name: composed }, { allergies: composed }]);
});

test('bytes that are no UTF-8 create nobody', async () => {
  const person = await somebody();
  const body = Buffer.concat([
    Buffer.from('[{"first_name":"'),
    Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80]),
    Buffer.from('","last_name":"B","date_of_birth":"1990-01-01","gender":"male","phone":"+1"}]'),
  ]);
  const response = await person.fetch(BATCH, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  expect(response.status).toBe(422);
  expect(await everybody(person)).toEqual([]);
});

test('a text in another encoding, or not compressed as it says, is refused', async () => {
  const person = await somebody();
  const text = JSON.stringify([newPatient()]);
  const answers = [
    await person.fetch(BATCH, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=utf-16le' },
      body: Buffer.from(text, 'utf16le'),
    }),
    await person.fetch(BATCH, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: Buffer.from('1f8b0800000000000003', 'hex'),
    }),
  ];
  for (const { status } of answers) expect(status).toBe(415);
  expect(await everybody(person)).toEqual([]);
});

test('names of fields may be anything, and what is unknown is never stored', async () => {
  const person = await somebody();
  const names = [
    '',
    'a.b',
    '#x',
    ':x',
    '$where',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
    '\u0000',
    '😀',
    'tx',
    'x',
    'pk',
  ];
  const unknown = Object.fromEntries(names.map((name) => [name, { deep: [1] }]));
  const body = JSON.stringify([{ ...unknown, ...newPatient() }]);
  const answer = await send(person, 'POST', BATCH, body);
  expect(answer.status).toBe(201);
  const [patient] = await everybody(person);
  for (const name of names) expect(Object.keys(patient ?? {})).not.toContain(name);
});
