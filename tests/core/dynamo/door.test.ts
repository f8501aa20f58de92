import { expect, test } from 'vitest';
import { currentDeadlineMs, within } from '../../../core/deadline.ts';
import { AnswerLost, Busy, PartitionFull, Unavailable } from '../../../core/dynamo/errors.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import { putAll } from '../../../core/dynamo/put-all.ts';
import { inRange, queryAll, queryFirst } from '../../../core/dynamo/query-all.ts';
import type { Item, Query, TableKey } from '../../../core/dynamo/store.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { assertVersion } from '../../../core/dynamo/version.ts';
import { fc } from '../../properties.ts';
import { retryingPort, virtualDeps } from './port.ts';

const keys = (count: number): TableKey[] =>
  Array.from({ length: count }, (_, n) => ({ pk: 'p', sk: String(n).padStart(4, '0') }));

test('never asks for keys that begin with an empty text, which AWS refuses', () => {
  expect(inRange({ pk: 'DUE', prefix: '' })).toEqual({
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': 'DUE' },
  });
  expect(inRange({ pk: 'DUE', prefix: 'a' }).KeyConditionExpression).toBe(
    'pk = :pk AND begins_with(sk, :prefix)',
  );
});

test('names every value of a range in its condition, and no other', () => {
  const ranges = [{}, { prefix: 'a' }, { between: ['a', 'b'] as const }, { before: 'a' }, { upTo: 'a' }];
  for (const range of ranges) {
    const { KeyConditionExpression, ExpressionAttributeValues } = inRange({ pk: 'p', ...range });
    const named = KeyConditionExpression.match(/:\w+/g) ?? [];
    expect(named.toSorted()).toEqual(Object.keys(ExpressionAttributeValues).toSorted());
  }
});

test('reads all pages of a range, and one page of as many items as are asked for', async () => {
  const asked: Query[] = [];
  const store = retryingPort({
    query: async (query) => {
      asked.push(query);
      const from = Number(query.ExclusiveStartKey?.sk ?? 0);
      const items = [{ sk: from + 1 }, { sk: from + 2 }];
      return { items, count: 2, ...(from < 4 ? { next: { sk: from + 2 } } : {}) };
    },
  });
  const found: Item[] = [];
  for await (const item of queryAll(store, { table: 't', range: { pk: 'p' } })) found.push(item);
  expect(found.map(({ sk }) => sk)).toEqual([1, 2, 3, 4, 5, 6]);
  await queryFirst(store, { table: 't', range: { pk: 'p' }, newestFirst: true }, 7);
  expect(asked.at(-1)).toMatchObject({ Limit: 7, ScanIndexForward: false });
});

test('sends again what was throttled and what got no answer, with pauses that double and full jitter', async () => {
  const deps = virtualDeps(1);
  let sendings = 0;
  const store = retryingPort(
    {
      get: async () => {
        sendings += 1;
        if (sendings <= 3) throw new Busy('ThrottlingException');
        if (sendings <= 5) throw new AnswerLost('ECONNRESET');
        return { pk: 'p' };
      },
    },
    deps,
  );
  expect(await store.get('t', { pk: 'p' })).toEqual({ pk: 'p' });
  expect(deps.pauses).toEqual([8, 16, 32, 64, 128]);
});

test('gives up at its deadline with 503 and the last fault as its cause', async () => {
  const deps = virtualDeps(1);
  const fault = new Busy('ThrottlingException');
  const store = retryingPort({ update: () => Promise.reject(fault) }, deps);
  const error = await store.update({ TableName: 't', Key: { pk: 'p' } }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Unavailable);
  expect(error).toMatchObject({ code: 'unavailable', retryAfter: 5, cause: fault });
  expect(deps.now()).toBeLessThanOrEqual(1_000);
});

test('sends a full partition and faults of ours to the caller at once', async () => {
  for (const error of [new PartitionFull(), new Error('AccessDenied')]) {
    let sendings = 0;
    const store = retryingPort({
      put: () => {
        sendings += 1;
        return Promise.reject(error);
      },
    });
    await expect(store.put({ TableName: 't', Item: {} })).rejects.toBe(error);
    expect(sendings).toBe(1);
  }
});

test('leaves a transaction and unconditional puts without an answer to the caller', async () => {
  const lost = () => Promise.reject(new AnswerLost('TimeoutError'));
  const store = retryingPort({ transact: lost, putMany: lost });
  await expect(store.transact([])).rejects.toBeInstanceOf(AnswerLost);
  await expect(store.putMany('t', [])).rejects.toBeInstanceOf(AnswerLost);
});

test('makes every sending of one transaction the same request, by its token', async () => {
  const deps = virtualDeps();
  const tokens: (string | undefined)[] = [];
  const store = retryingPort(
    {
      transact: async (_, token) => {
        tokens.push(token);
        if (tokens.length < 4) throw tokens.length % 2 ? new AnswerLost('lost') : new Busy('conflict');
        return { done: true };
      },
    },
    deps,
  );
  expect(await transactOnce(store, deps, [])).toEqual({ done: true });
  expect(tokens).toEqual(['token-0', 'token-0', 'token-0', 'token-0']);
});

test('waits before it asks again for keys of which DynamoDB read none', async () => {
  const deps = virtualDeps(1);
  let requests = 0;
  const store = retryingPort(
    {
      getMany: async (_table, wanted) => {
        requests += 1;
        return requests <= 2
          ? { items: [], unread: wanted }
          : { items: wanted.map((key) => ({ ...key })), unread: [] };
      },
    },
    deps,
  );
  const found = await getAll(store, 't', keys(3));
  expect(found.all()).toHaveLength(3);
  expect(deps.pauses).toEqual([8, 16]);
});

test('reads whatever DynamoDB cuts off, each key once, and finds it by its key', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 450 }),
      fc.integer({ min: 1, max: 100 }),
      async (count, cut) => {
        const store = retryingPort({
          getMany: async (_table, wanted) => {
            expect(wanted.length).toBeLessThanOrEqual(100);
            return { items: wanted.slice(0, cut).map((key) => ({ ...key })), unread: wanted.slice(cut) };
          },
        });
        const wanted = [...keys(count), ...keys(Math.floor(count / 2))];
        const found = await getAll(store, 't', wanted);
        expect(found.all()).toHaveLength(count);
        for (const key of wanted) expect(found.get(key)).toEqual(key);
        expect(found.get({ pk: 'p', sk: 'other' })).toBeUndefined();
      },
    ),
    { numRuns: 50 },
  );
});

test('puts whatever DynamoDB left unprocessed or did not answer for, and waits before', async () => {
  const deps = virtualDeps(1);
  const stored: Item[] = [];
  let requests = 0;
  const store = retryingPort(
    {
      putMany: async (_table, items) => {
        requests += 1;
        expect(items.length).toBeLessThanOrEqual(25);
        if (requests === 2) throw new AnswerLost('TimeoutError');
        stored.push(...items.slice(0, 10));
        return { unprocessed: items.slice(10) };
      },
    },
    deps,
  );
  await putAll(
    store,
    't',
    keys(60).map((key) => ({ ...key })),
  );
  expect(new Set(stored.map(({ sk }) => sk)).size).toBe(60);
  expect(deps.pauses.length).toBeGreaterThan(3);
});

test('gives up unprocessed items at the deadline instead of asking for ever', async () => {
  const deps = virtualDeps(1);
  const store = retryingPort(
    {
      putMany: async (_, items) => ({ unprocessed: items }),
      getMany: async (_, wanted) => ({ items: [], unread: wanted }),
    },
    deps,
  );
  await expect(putAll(store, 't', [{ pk: 'p' }])).rejects.toBeInstanceOf(Unavailable);
  await expect(getAll(store, 't', keys(1))).rejects.toBeInstanceOf(Unavailable);
});

test('keeps the earlier of two deadlines for everything that is done within them', async () => {
  expect(currentDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  await within(1_000, async () => {
    await Promise.resolve();
    expect(within(500, currentDeadlineMs)).toBe(500);
    expect(within(2_000, currentDeadlineMs)).toBe(1_000);
  });
});

test('reads items without a version as version 1, and refuses those that newer code wrote', () => {
  expect(() => assertVersion({ pk: 'p' }, 'thing')).not.toThrow();
  expect(() => assertVersion({ v: 1 }, 'thing')).not.toThrow();
  expect(() => assertVersion({ v: 2 }, 'thing')).toThrow(expect.objectContaining({ name: 'NewerVersion' }));
  for (const v of [0, '1', null])
    expect(() => assertVersion({ v }, 'thing')).toThrow(expect.objectContaining({ name: 'BrokenInvariant' }));
});
