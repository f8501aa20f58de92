import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { contentOf, creator, newIds, registered } from '../content/creators.ts';
import { newPatient } from '../patients/fixtures.ts';
import { BATCH, everybody } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { contracts, refusalStatus, somePath } from './contracts.ts';
import { raw } from './raw.ts';

const withJson = contracts.filter(([, { body, method }]) => body && method !== 'GET');

interface Sent {
  path: string;
  method?: string;
  headers?: Record<string, string>;
}

async function send(person: Person, { path, method = 'POST', headers = {} }: Sent, body: Buffer | string) {
  const response = await person.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const anyone = () => somebody({ role: 'admin', claims: { creator: 'somebody' } });

/** A body whose text has these bytes. */
const withBytes = (...bytes: number[]) =>
  Buffer.concat([Buffer.from('{"url":"a'), Buffer.from(bytes), Buffer.from('b"}')]);

describe('a body that is not UTF-8 is refused, and where that is', () => {
  test.each(withJson)('%s', async (_, endpoint) => {
    const person = await anyone();
    for (const [type, bytes] of [
      ['application/json', [0xff]],
      ['application/json; charset=utf-8', [0xe9]],
      ['application/json', [0xed, 0xa0, 0x80]],
      ['application/json; charset="UTF-8"', [0xef, 0xbf, 0xbd]],
    ] as [string, number[]][]) {
      const sent = { path: somePath(endpoint), method: endpoint.method, headers: { 'Content-Type': type } };
      const answer = await send(person, sent, withBytes(...bytes));
      expect({ type, status: answer.status }).toEqual({ type, status: refusalStatus(endpoint) });
      expect(answer.text).toContain('UTF-8 without U+FFFD, which it is not at line 1, column 10');
    }
  });
});

describe('a body of another charset is a 415', () => {
  test.each(withJson)('%s', async (_, endpoint) => {
    const person = await anyone();
    for (const charset of ['iso-8859-1', 'utf-16', '"windows-1252"', 'utf-16le']) {
      const headers = { 'Content-Type': `application/json; charset=${charset}` };
      const answer = await send(person, { path: somePath(endpoint), method: endpoint.method, headers }, '{}');
      expect({ charset, status: answer.status }).toEqual({ charset, status: 415 });
      expect(answer.text).toContain('UTF-8');
    }
  });
});

describe('a number with more digits than a number can hold, and a name that reaches a prototype, are refused by name', () => {
  test.each(withJson)('%s', async (_, endpoint) => {
    const person = await anyone();
    for (const text of [
      '{"deep":[{"price":9007199254740990.6}]}',
      '{"deep":[{"price":12345678901234567890}]}',
      '{"deep":[{"price":1e-400}]}',
      '{"deep":[{"price":1e400}]}',
    ]) {
      const answer = await send(person, { path: somePath(endpoint), method: endpoint.method }, text);
      expect({ text, status: answer.status }).toEqual({ text, status: refusalStatus(endpoint) });
      expect(answer.text).toContain('deep.0.price has more digits than a number holds exactly');
    }
  });

  test.each(withJson)('%s, names', async (_, endpoint) => {
    const person = await anyone();
    for (const name of ['__proto__', 'constructor', '\\u005f_proto__']) {
      const answer = await send(
        person,
        { path: somePath(endpoint), method: endpoint.method },
        `{"${name}":{}}`,
      );
      expect({ name, status: answer.status }).toEqual({ name, status: refusalStatus(endpoint) });
      expect(answer.text).toMatch(/(__proto__|constructor) is not allowed as a name/);
    }
  });
});

describe('a name that comes twice in an object is refused by its path, since one of its values would be lost', () => {
  test.each(withJson)('%s', async (_, endpoint) => {
    const person = await anyone();
    const text = '{"name":{"name":1},"deep":[{"a":"}"},{"a":1,"b":{"a":2},"\\u0061":3}]}';
    const answer = await send(person, { path: somePath(endpoint), method: endpoint.method }, text);
    expect(answer.status).toBe(refusalStatus(endpoint));
    expect(answer.text).toContain('deep.1.a comes more than once in its object');
  });
});

test('of a name that comes twice neither value is taken', async () => {
  const person = await somebody();
  const text = JSON.stringify([newPatient()]).replace('{', '{"first_name":"Other",');
  const answer = await send(person, { path: BATCH }, text);
  expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
    422,
    { detail: [{ loc: ['body', 0, 'first_name'], type: 'value_error' }] },
  ]);
  expect(await everybody(person)).toEqual([]);
});

describe('a call that takes no body refuses one that asks for something', () => {
  const without = contracts.filter(([, { body, form, ignoresQuery }]) => !body && !form && !ignoresQuery);
  test.each(without)('%s', async (_, endpoint) => {
    const person = await anyone();
    const url = `${person.url}${somePath(endpoint)}`;
    const { method } = endpoint;
    const ask = (body: string) =>
      raw(url, {
        ...{ method, body },
        headers: [
          ['Authorization', `Bearer ${person.token}`],
          ['Content-Type', 'application/json'],
        ],
      });
    for (const body of ['{"dry_run":true}', '[]', 'status=pending']) {
      const { status, text } = await ask(body);
      expect({ body, status }).toEqual({ body, status: refusalStatus(endpoint) });
      expect(text).toContain('This call takes no body');
    }
    for (const body of ['', ' ', '{}', 'null'])
      expect((await ask(body)).text).not.toContain('This call takes no body');
  });
});

describe('a body of two content types, or of two charsets, is a 415', () => {
  test.each(withJson)('%s', async (_, endpoint) => {
    const person = await anyone();
    for (const types of [
      ['application/json', 'text/csv'],
      ['application/json', 'application/json'],
      ['application/json; charset=utf-8; charset=latin1'],
    ]) {
      const headers = types.map((type): [string, string] => ['Content-Type', type]);
      const answer = await raw(`${person.url}${somePath(endpoint)}`, {
        ...{ method: endpoint.method, body: '{}' },
        headers: [['Authorization', `Bearer ${person.token}`], ...headers],
      });
      expect({ types, status: answer.status }).toEqual({ types, status: 415 });
    }
  });
});

describe('a field of a form that is not UTF-8 is refused by its name', () => {
  test.each(contracts.filter(([, { form }]) => form))('%s', async (_, endpoint) => {
    const person = await anyone();
    const form = (...bytes: number[]) =>
      Buffer.concat([
        Buffer.from('--XX\r\nContent-Disposition: form-data; name="sender_id"\r\n\r\na'),
        Buffer.from(bytes),
        Buffer.from('\r\n--XX--\r\n'),
      ]);
    const headers = { 'Content-Type': 'multipart/form-data; boundary=XX' };
    for (const bytes of [[0xff], [0xc3], [0xef, 0xbf, 0xbd]]) {
      const answer = await send(person, { path: somePath(endpoint), headers }, form(...bytes));
      expect(answer.status).toBe(refusalStatus(endpoint));
      expect(answer.text).toContain('sender_id must be UTF-8 without U+FFFD');
    }
  });
});

test('patients are told where in FastAPI’s shape, and nobody is created', async () => {
  const person = await somebody();
  const bytes = Buffer.from(JSON.stringify([newPatient(0, { first_name: 'Zo\u00eb' })]), 'latin1');
  const answer = await send(person, { path: BATCH }, bytes);
  expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
    422,
    { detail: [{ loc: ['body'], type: 'value_error' }] },
  ]);
  const number = JSON.stringify([newPatient(0, { phone: 0 })]).replace(
    '"phone":0',
    '"phone":25571234567890123456',
  );
  const rounded = await send(person, { path: BATCH }, number);
  expect([rounded.status, JSON.parse(rounded.text)]).toMatchObject([
    422,
    { detail: [{ loc: ['body', 0, 'phone'], type: 'value_error' }] },
  ]);
  expect(await everybody(person)).toEqual([]);
});

describe('gzip', () => {
  const packed = (person: Person, body: Buffer, coding: string) =>
    send(person, { path: BATCH, headers: { 'Content-Encoding': coding } }, body);
  const one = JSON.stringify([newPatient()]);

  test('a packed body is taken', async () => {
    const person = await somebody();
    expect((await packed(person, gzipSync(one), 'gzip')).status).toBe(201);
    expect((await packed(person, deflateSync(one), 'Deflate')).status).toBe(201);
    expect((await packed(person, Buffer.from(one), 'identity')).status).toBe(201);
    expect(await everybody(person)).toHaveLength(3);
  });

  test('its size is that of what was packed', async () => {
    const person = await somebody();
    for (const mebibytes of [6, 9, 60]) {
      const bomb = gzipSync(one + ' '.repeat(mebibytes * 1024 * 1024));
      expect(bomb.length).toBeLessThan(1_000_000);
      expect((await packed(person, bomb, 'gzip')).status).toBe(413);
    }
    expect(await everybody(person)).toEqual([]);
  });

  test('what is not packed as it says is a 415', async () => {
    const person = await somebody();
    for (const [body, coding] of [
      [Buffer.from(one), 'gzip'],
      [gzipSync(one).subarray(0, 40), 'gzip'],
      [gzipSync(one), 'br'],
      [gzipSync(one), 'gzip, gzip'],
    ] as [Buffer, string][]) {
      const answer = await packed(person, body, coding);
      expect(answer.status).toBe(415);
      expect(JSON.parse(answer.text)).toEqual({ detail: expect.stringContaining('Content-Encoding') });
      expect(answer.headers.get('x-request-id')).toBeTruthy();
    }
    expect(await everybody(person)).toEqual([]);
  });
});

describe('what a content’s tokenGating cannot hold is refused by its place, and nothing is changed', () => {
  test.each([
    ['{"max":9007199254740993}', 'updates.tokenGating.max'],
    ['{"max":9007199254740992}', 'tokenGating.max'],
    ['{"max":-9007199254740992}', 'tokenGating.max'],
    ['{"max":9007199254740990.6}', 'updates.tokenGating.max'],
    ['{"any":[{"max":1e21}]}', 'tokenGating.any.0.max'],
    ['{"min":1e-200}', 'tokenGating.min'],
    ['{"min":-1e-131}', 'tokenGating.min'],
    ['{"constructor":{"a":1}}', 'updates.tokenGating.constructor'],
    ['{"a":{"__proto__":{"b":1}}}', 'updates.tokenGating.a.__proto__'],
    ['{"a":"\\ufffd"}', 'tokenGating'],
  ])('%s', async (gating, place) => {
    const mine = await creator();
    const [id = ''] = await registered(mine, newIds(1));
    const before = await contentOf(mine, id);
    const text = `{"creator":"${mine.creator}","contentIds":["${id}"],"updates":{"tokenGating":${gating}}}`;
    const answer = await send(mine, { path: '/api/batches/batch-update-metadata' }, text);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([400, { error: 'VALIDATION_ERROR' }]);
    expect(answer.text).toContain(`"${place} `);
    expect(await contentOf(mine, id)).toEqual(before);
  });

  test('what it can hold is kept as it is', async () => {
    const mine = await creator();
    const [contentId = ''] = newIds(1);
    const tokenGating = {
      max: 2 ** 53 - 1,
      min: -(2 ** 53 - 1),
      part: 0.1,
      small: 1e-130,
      e: 1.5e10,
      zero: 0,
    };
    const items = [{ contentId, title: 'A title', contentType: 'video', tokenGating }];
    expect((await mine.api.content.register({ body: { creator: mine.creator, items } })).status).toBe(201);
    expect((await contentOf(mine, contentId)).tokenGating).toEqual(tokenGating);
  });

  test('a price that would be rounded opens no batch', async () => {
    const mine = await creator();
    const [id = ''] = await registered(mine, newIds(1));
    for (const price of ['9007199254740990.6', '9007199254740993', '1e400']) {
      const text = `{"creator":"${mine.creator}","contentIds":["${id}"],"newPrice":${price}}`;
      const answer = await send(mine, { path: '/api/batches/batch-update-price' }, text);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('newPrice');
    }
    const { body } = await mine.api.content.listBatches({ params: { creator: mine.creator } });
    expect(body).toMatchObject({ total: 0 });
  });
});

test.each(['.', '..'])('a content id of %j, which no address can have, is refused', async (contentId) => {
  const mine = await creator();
  const items = [{ contentId, title: 'A title', contentType: 'video' }];
  const answer = await mine.api.content.register({ body: { creator: mine.creator, items } });
  expect([answer.status, answer.body]).toMatchObject([400, { message: 'content ids must not be . or ..' }]);
});
