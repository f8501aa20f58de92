import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { newPatient } from './fixtures.ts';
import { BATCH, flaw, json, missing, PATIENTS, send } from './helpers.ts';

const list = flaw(['body'], 'value is not a valid list', 'type_error.list');
const dict = flaw(['body'], 'value is not a valid dict', 'type_error.dict');
const one = flaw(['body'], 'ensure this value has at least 1 items', 'value_error.list.min_items', {
  limit_value: 1,
});

const batches = ['POST', 'PUT', 'DELETE'];

describe.each(batches)('%s of a batch', (method) => {
  test.each([
    ['no body', undefined, missing('body')],
    ['an empty body', '', missing('body')],
    ['null', 'null', missing('body')],
    ['an object', '{}', list],
    ['a text', '"x"', list],
    ['a number', '5', list],
    ['a boolean', 'true', list],
    ['an empty list', '[]', one],
    ['an empty list after a byte order mark', '\uFEFF[]', one],
  ])('%s is refused', async (_, body, detail) => {
    const answer = await send(await somebody(), method, BATCH, body);
    expect(answer.status).toBe(422);
    expect(json(answer.text)).toEqual({ detail: [detail] });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json5',
  ])('a body that says to be %s is refused', async (type) => {
    const answer = await send(await somebody(), method, BATCH, '[]', { 'Content-Type': type });
    expect(answer.status).toBe(422);
    expect(json(answer.text)).toEqual({ detail: [list] });
  });

  test.each([
    'Application/JSON; Charset=UTF-8',
    'application/json;charset=utf-8',
    'application/merge-patch+json',
  ])('a body that says to be %s is read', async (type) => {
    const answer = await send(await somebody(), method, BATCH, '[]', { 'Content-Type': type });
    expect(json(answer.text)).toEqual({ detail: [one] });
  });

  test('more than 500 entries are too much', async () => {
    const body = JSON.stringify(Array.from({ length: 501 }, (_, n) => `${n}`));
    const answer = await send(await somebody(), method, BATCH, body);
    expect(answer.status).toBe(413);
    expect(json(answer.text)).toEqual({ detail: 'Batch size limited to 500 patients' });
  });
});

describe('the body of a single record', () => {
  test.each([
    ['no body', undefined, missing('body')],
    ['null', 'null', missing('body')],
    ['a list', '[]', dict],
    ['a text', '"x"', dict],
    ['a number', '5', dict],
  ])('%s is refused', async (_, body, detail) => {
    const person = await somebody();
    for (const [method, path] of [
      ['POST', PATIENTS],
      ['PUT', `${PATIENTS}/550e8400-e29b-41d4-a716-446655440000`],
    ] as const) {
      const answer = await send(person, method, path, body);
      expect(answer.status).toBe(422);
      expect(json(answer.text)).toEqual({ detail: [detail] });
    }
  });
});

/** What CPython 3.11 says of these texts: message, position, line, column. */
const broken: [text: string, msg: string, position: number, line: number, column: number][] = [
  ['[{"a":1,}]', 'Expecting property name enclosed in double quotes', 8, 1, 9],
  ['{"a":1,,}', 'Expecting property name enclosed in double quotes', 7, 1, 8],
  ["{'a':1}", 'Expecting property name enclosed in double quotes', 1, 1, 2],
  ['{a:1}', 'Expecting property name enclosed in double quotes', 1, 1, 2],
  ['{', 'Expecting property name enclosed in double quotes', 1, 1, 2],
  ['[1,]', 'Expecting value', 3, 1, 4],
  ['[,]', 'Expecting value', 1, 1, 2],
  ['[', 'Expecting value', 1, 1, 2],
  ['nul', 'Expecting value', 0, 1, 1],
  ['-', 'Expecting value', 0, 1, 1],
  ['  ', 'Expecting value', 2, 1, 3],
  ['[\n1,\n]', 'Expecting value', 5, 3, 1],
  ['["é",]', 'Expecting value', 5, 1, 6],
  ['["😀",]', 'Expecting value', 5, 1, 6],
  ['{"a":', 'Expecting value', 5, 1, 6],
  ['{"a" 1}', "Expecting ':' delimiter", 5, 1, 6],
  ['{"a":1,\n"b" 2}', "Expecting ':' delimiter", 12, 2, 5],
  ['[1 2]', "Expecting ',' delimiter", 3, 1, 4],
  ['[01]', "Expecting ',' delimiter", 2, 1, 3],
  ['[1.]', "Expecting ',' delimiter", 2, 1, 3],
  ['{"a":1', "Expecting ',' delimiter", 6, 1, 7],
  ['[1] 2', 'Extra data', 4, 1, 5],
  ['[]x', 'Extra data', 2, 1, 3],
  ['"abc', 'Unterminated string starting at', 0, 1, 1],
  ['["a', 'Unterminated string starting at', 1, 1, 2],
  ['["a\nb"]', 'Invalid control character at', 3, 1, 4],
  ['["\t"]', 'Invalid control character at', 2, 1, 3],
  ['["\\x"]', 'Invalid \\escape', 2, 1, 3],
  ['["\\u12G4"]', 'Invalid \\uXXXX escape', 3, 1, 4],
];

describe('a body that is no JSON is answered with what and where its first fault is, and not with the body', () => {
  test.each(broken)('%j', async (text, msg, pos, lineno, colno) => {
    const person = await somebody();
    for (const method of batches) {
      const answer = await send(person, method, BATCH, text);
      expect(answer.status).toBe(422);
      expect(json(answer.text)).toEqual({
        detail: [
          {
            loc: ['body', pos],
            msg: `${msg}: line ${lineno} column ${colno} (char ${pos})`,
            type: 'value_error.jsondecode',
            ctx: { msg, pos, lineno, colno },
          },
        ],
      });
    }
  });
});

describe('JSON that could do harm is refused, and never a fault of ours', () => {
  const patient = JSON.stringify(newPatient());
  test.each([
    ['lists 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects 50,000 deep', `[${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}]`],
    ['lists without end', '['.repeat(100_000)],
  ])('%s', async (_, body) => {
    const person = await somebody();
    const answer = await send(person, 'POST', BATCH, body);
    expect(answer.status).toBe(422);
    expect(json(answer.text)).toMatchObject({ detail: [{ loc: ['body'] }] });
    expect((await person.api.patients.list()).body).toMatchObject({ total: 0 });
  });

  test.each(['__proto__', 'constructor'])('a key %s, which is named', async (key) => {
    const person = await somebody();
    const body = `[${patient.replace('{', `{"${key}":{"prototype":{"x":1}},`)}]`;
    const answer = await send(person, 'POST', BATCH, body);
    expect(answer.status).toBe(422);
    expect(json(answer.text)).toMatchObject({ detail: [{ loc: ['body', 0, key] }] });
    expect((await person.api.patients.list()).body).toMatchObject({ total: 0 });
  });

  test('an unknown field 5,000 deep is left out, as any other', async () => {
    const person = await somebody();
    const body = `[${patient.replace('{', `{"x":${'['.repeat(5_000)}${']'.repeat(5_000)},`)}]`;
    const answer = await send(person, 'POST', BATCH, body);
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain('[[');
  });

  test.each([['1e400'], ['-1e400'], ['9007199254740993'], ['123456789012345678901234567890']])(
    'a name that is the number %s, which JSON readers round',
    async (number) => {
      const body = `[${patient.replace('"Ada 0"', number)}]`;
      const answer = await send(await somebody(), 'POST', BATCH, body);
      expect(answer.status).toBe(422);
      expect(json(answer.text)).toMatchObject({ detail: [{ loc: ['body', 0, 'first_name'] }] });
    },
  );
});
