import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { type Client, client } from '../../core/contract/client.ts';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { codedSpelling } from '../../core/http/coded-problem.ts';

const base = {
  method: 'POST',
  summary: 'A contract of these tests',
  roles: ['user'],
  errors: codedSpelling,
} as const;

const systems = {
  things: {
    plain: { ...base, path: '/things', reply: z.number() },
    byId: { ...base, path: '/things/{id}', params: z.object({ id: z.string() }), reply: z.string() },
    list: {
      ...base,
      path: '/things/list',
      query: z.object({
        limit: z.string().optional().transform(Number),
        sort: z.enum(['up', 'down']).optional(),
      }),
      reply: z.array(z.string()),
    },
    search: { ...base, path: '/things/search', query: z.object({ q: z.string() }), reply: z.string() },
    create: {
      ...base,
      path: '/things',
      body: z.object({
        name: z.string(),
        born: z.string().transform((text) => new Date(text)),
        note: z.string().optional(),
      }),
      reply: z.object({ at: z.string().transform(Number) }),
    },
    touch: {
      ...base,
      path: '/things/touch',
      body: z.object({ why: z.string() }).optional(),
      reply: z.null(),
    },
    anything: { ...base, path: '/things/anything', body: z.unknown(), reply: z.null() },
  },
} as const satisfies Record<string, Record<string, Endpoint>>;

type Calls = Client<typeof systems>['things'];

/** Compiled, and never called. */
const compiled = (check: (api: Calls) => unknown) => void check;

describe('the input of a call', () => {
  test('may be left out where the contract requires none', () => {
    compiled((api) => [
      api.plain(),
      api.list(),
      api.touch(),
      api.anything(),
      api.plain({ idempotencyKey: 'k' }),
    ]);
  });

  test('is required where the contract requires it', () => {
    compiled((api) => [
      // @ts-expect-error no path parameters
      api.byId(),
      // @ts-expect-error no id
      api.byId({ params: {} }),
      // @ts-expect-error no query
      api.search(),
      // @ts-expect-error an empty query
      api.search({ query: {} }),
      // @ts-expect-error no body
      api.create({ idempotencyKey: 'k' }),
      // @ts-expect-error no `born`
      api.create({ body: { name: 'Ann' } }),
    ]);
  });

  test('is refused where the contract has none', () => {
    compiled((api) => [
      // @ts-expect-error a body
      api.plain({ body: {} }),
      // @ts-expect-error path parameters
      api.search({ query: { q: 'x' }, params: { id: '1' } }),
      // @ts-expect-error a query
      api.byId({ params: { id: '1' }, query: { q: 'x' } }),
    ]);
  });

  test('has the type that the schema takes, not the one that it makes', () => {
    compiled((api) => [
      api.create({ body: { name: 'Ann', born: '2001-02-03' } }),
      // @ts-expect-error `born` is a text until it is parsed
      api.create({ body: { name: 'Ann', born: new Date() } }),
      api.list({ query: { limit: '10', sort: 'up' } }),
      // @ts-expect-error a number in a query
      api.list({ query: { limit: 10 } }),
      // @ts-expect-error another order
      api.list({ query: { sort: 'sideways' } }),
      // @ts-expect-error a number in a path
      api.byId({ params: { id: 5 } }),
    ]);
  });

  test('has no fields that the contract does not know', () => {
    compiled((api) => [
      // @ts-expect-error another field of the body
      api.create({ body: { name: 'Ann', born: '2001-02-03', age: 5 } }),
      // @ts-expect-error another part of a call
      api.byId({ params: { id: '1' }, cookies: {} }),
    ]);
  });
});

test('the body of an answer is the reply only after its `ok` was checked', () => {
  type Answer = Awaited<ReturnType<Calls['create']>>;
  expectTypeOf<Extract<Answer, { ok: true }>['body']>().toEqualTypeOf<{ at: number }>();
  expectTypeOf<Extract<Answer, { ok: false }>['body']>().toBeUnknown();
});

test('there is a call for every contract, and no other', () => {
  const { things } = client(systems, { baseUrl: 'http://127.0.0.1' });
  expectTypeOf(things).toEqualTypeOf<Calls>();
  // @ts-expect-error no such contract
  compiled((api) => api.destroy);
});
