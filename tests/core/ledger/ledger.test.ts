import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { Conflict, IdTaken, LostClaim, TooManyRecords, TooManyTenants } from '../../../core/ledger/errors.ts';
import { recordKey } from '../../../core/ledger/items.ts';
import {
  type AnswerUpdate,
  type Change,
  countersOf,
  type Ledger,
  openLedger,
  outcomeOf,
  type TransactionRef,
  type View,
} from '../../../core/ledger/ledger.ts';
import { createTables, type Engine, startEngine } from './engine.ts';

interface Person {
  id: string;
  name: string;
  gender: 'female' | 'male';
  address?: { street: string; lines: (string | null)[] };
  note?: string | null;
}

let engine: Engine;
let store: Store;
let ledger: Ledger<Person>;
let tenant = '';
let tenants = 0;
const scheduled: { ref: TransactionRef; delay: number }[] = [];
const tables = { recordsTable: 'patients', manifestsTable: 'audit' };

const open = (
  more: { store?: Store; scheduleRecovery?: () => Promise<void>; leaseMs?: number; now?(): number } = {},
) =>
  openLedger<Person>({
    name: 'patients',
    counters: ({ gender }) => ['total', `gender:${gender}`],
    scheduleRecovery: async (ref, delay) => {
      scheduled.push({ ref, delay });
    },
    store,
    ...tables,
    ...more,
  });

beforeAll(async () => {
  engine = await startEngine();
  const documents = engine.documents();
  await createTables(documents);
  store = dynamoStore(documents);
  ledger = open();
});
afterAll(() => engine.kill());
beforeEach(() => {
  scheduled.length = 0;
  tenant = `clinic-${tenants++}`;
});

const idOf = (index: number) => `person-${String(index).padStart(5, '0')}`;
const person = (index: number): Person => ({
  id: idOf(index),
  name: `Name ${index}`,
  gender: index % 2 ? 'male' : 'female',
});
const creation = (document: Person, where = tenant): Change<Person> => ({
  kind: 'create',
  tenant: where,
  document,
});

const createPeople = (from: number, count: number, into = ledger) =>
  into.write({
    actor: 'ann',
    reads: [],
    decide: () => ({
      changes: Array.from({ length: count }, (_, index) => creation(person(from + index))),
      result: count,
    }),
  });

class NotFound extends Error {}

const change = (ids: string[], edit: (old: Person) => Person, into = ledger) =>
  into.write({
    actor: 'bob',
    reads: ids.map((id) => ({ tenant, id })),
    decide: (found) => ({
      changes: ids.map((id) => {
        const old = found.get(id);
        if (!old) throw new NotFound(id);
        return { kind: 'update', tenant, document: edit(old.document) };
      }),
      result: ids.length,
    }),
  });

const remove = (ids: string[], from = ledger) =>
  from.write({
    actor: 'cid',
    reads: [...new Set(ids)].map((id) => ({ tenant, id })),
    decide: (found) => ({
      changes: [...found.keys()].map((id) => ({ kind: 'delete', tenant, id })),
      result: found.size,
    }),
  });

const everybody = async (view: View<Person>): Promise<Person[]> =>
  (await view.list({ limit: 10_000 })).documents;
let questions = 0;
const fresh = <V>(query: (view: View<Person>) => Promise<V>): Promise<V> =>
  ledger.read(tenant, `question ${questions++}`, query).then(({ value }) => value);
const get = (id: string) => fresh((view) => view.get(id));

describe('a transaction', () => {
  test.each([1, 97, 98, 500, 2_000])(
    'of %i records is written completely, counted and listed in the order of ids',
    async (count) => {
      expect(await createPeople(0, count)).toBe(count);
      const { documents, counters } = await fresh(async (view) => ({
        documents: await everybody(view),
        counters: view.counters(),
      }));
      expect(documents).toEqual(Array.from({ length: count }, (_, index) => person(index)));
      expect(counters).toEqual({
        total: count,
        'gender:female': Math.ceil(count / 2),
        ...(count > 1 && { 'gender:male': Math.floor(count / 2) }),
        'op:create': count,
      });
    },
  );

  test.each([3, 250])(
    'of %i updates changes, adds and removes attributes, and leaves the others',
    async (count) => {
      await createPeople(0, count + 1);
      const ids = Array.from({ length: count }, (_, index) => idOf(index));
      await change(ids, (old) => ({
        ...old,
        note: null,
        address: { street: 'High St', lines: ['1', null] },
      }));
      expect(await get(idOf(1))).toEqual({
        ...person(1),
        note: null,
        address: { street: 'High St', lines: ['1', null] },
      });
      await change(ids, ({ address: _, ...old }) => ({ ...old, gender: 'male', note: undefined }));
      expect(await get(idOf(0))).toEqual({ ...person(0), gender: 'male' });
      expect(await get(idOf(count))).toEqual(person(count));
      const counters = await fresh(async (view) => view.counters());
      expect(counters['gender:male']).toBe(count + (count % 2));
      expect(counters['op:update']).toBe(2 * count);
    },
  );

  test.each([3, 250])('of %i deletes removes them from lists, reads and counts', async (count) => {
    await createPeople(0, count + 2);
    const ids = Array.from({ length: count }, (_, index) => idOf(index));
    expect(await remove([...ids, idOf(0), 'nobody'])).toBe(count);
    expect(await remove(ids)).toBe(0);
    expect(await get(idOf(0))).toBeUndefined();
    const { documents, total, skipped } = await fresh(async (view) => ({
      documents: await everybody(view),
      total: view.counter('total'),
      skipped: await view.list({ limit: 5, offset: 1 }),
    }));
    expect(documents).toEqual([person(count), person(count + 1)]);
    expect(total).toBe(2);
    expect(skipped).toEqual({ documents: [person(count + 1)] });
  });

  test('changes nothing when one of its records is missing, whichever it is', async () => {
    await createPeople(0, 120);
    const ids = Array.from({ length: 120 }, (_, index) => idOf(index));
    for (const position of [0, 60, 119]) {
      const asked = ids.with(position, 'nobody');
      await expect(change(asked, (old) => ({ ...old, name: 'changed' }))).rejects.toThrow(
        new NotFound('nobody'),
      );
    }
    const { documents, seq } = await fresh(async (view) => ({
      documents: await everybody(view),
      seq: view.seq,
    }));
    expect(documents.every(({ name }) => name.startsWith('Name'))).toBe(true);
    expect(seq).toBe(1);
  });

  test('that changes nothing writes nothing and still answers', async () => {
    const result = await ledger.write({
      actor: 'ann',
      reads: [],
      decide: () => ({ changes: [], result: 'same' }),
    });
    expect(result).toBe('same');
    expect(await ledger.tenants()).not.toContain(tenant);
  });

  test('that breaks the rules of a decision is refused before anything is written', async () => {
    const decided = (changes: Change<Person>[]) =>
      ledger.write({ actor: 'ann', reads: [], decide: () => ({ changes, result: 0 }) });
    await expect(decided([creation(person(1)), creation(person(1))])).rejects.toThrow('twice');
    await expect(decided([{ kind: 'delete', tenant, id: 'x' }])).rejects.toThrow('not found');
    const many = Array.from({ length: 12_000 }, (_, index) =>
      creation({ ...person(index), id: `${idOf(index)}-${'x'.repeat(20)}` }),
    );
    await expect(decided(many)).rejects.toThrow(TooManyRecords);
    expect(await ledger.tenants()).not.toContain(tenant);
  });

  test('that would create a record a second time is refused, also after it was deleted', async () => {
    await createPeople(0, 2);
    await change([idOf(0)], (old) => ({ ...old, name: 'first' }));
    await remove([idOf(1)]);
    await expect(createPeople(0, 1)).rejects.toThrow(IdTaken);
    await expect(createPeople(1, 1)).rejects.toThrow(IdTaken);
    expect((await fresh(everybody)).map(({ name }) => name)).toEqual(['first']);
  });

  test('is not begun when its recovery message cannot be sent', async () => {
    const deaf = open({ scheduleRecovery: () => Promise.reject(new Error('no queue')) });
    await expect(createPeople(0, 3, deaf)).rejects.toThrow('no queue');
    await expect(createPeople(0, 300, deaf)).rejects.toThrow('no queue');
    expect(await ledger.tenants()).not.toContain(tenant);
  });

  test('has a recovery message for the time when its lease is over', async () => {
    await createPeople(0, 1);
    expect(scheduled).toEqual([{ ref: { ledger: 'patients', tenant, txId: expect.any(String) }, delay: 42 }]);
    expect(await outcomeOf((scheduled[0] as (typeof scheduled)[0]).ref, { store, ...tables })).toBe(
      'committed',
    );
  });

  test('needs no message of its own if one that was sent shortly before stands for it', async () => {
    const busy = open();
    await createPeople(0, 1, busy);
    await createPeople(1, 1, busy);
    await createPeople(2, 1, busy);
    expect(scheduled).toHaveLength(1);
    // Another container does not know of it. A message that could not be sent stands for no transaction.
    await createPeople(3, 1, open());
    expect(scheduled).toHaveLength(2);
    let working = false;
    const fickle = open({
      scheduleRecovery: async () => {
        if (!working) throw new Error('no queue');
      },
    });
    await expect(createPeople(4, 1, fickle)).rejects.toThrow('no queue');
    working = true;
    await createPeople(4, 1, fickle);
    expect(await fresh(everybody)).toHaveLength(5);
  });

  test('of several rivals over the same records loses none of their changes', async () => {
    await createPeople(0, 120);
    const ids = Array.from({ length: 120 }, (_, index) => idOf(index));
    const rivals = Array.from({ length: 6 }, (_, index) =>
      change(index % 2 ? ids : ids.slice(0, 20), (old) => ({ ...old, note: `${old.note ?? ''}.` })),
    );
    await Promise.all(rivals);
    expect((await get(idOf(0)))?.note).toBe('......');
    expect((await get(idOf(119)))?.note).toBe('...');
  });
});

describe('a named record', () => {
  const claim = (names: string[], by: string) =>
    ledger.write({
      actor: 'ann',
      reads: names.map((id) => ({ tenant, id })),
      decide: (found) => ({
        changes: names.map((id): Change<Person> => {
          const old = found.get(id)?.document;
          const document = { id, name: `${old?.name ?? ''}${by}`, gender: 'male' as const };
          return { kind: old ? 'update' : 'create', tenant, document };
        }),
        result: names.length,
      }),
    });
  const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `~${index}`);

  test.each([1, 90, 150])(
    'of which rivals create the same %i is created once, and then changed',
    async (count) => {
      const names = namesOf(count);
      await Promise.all(['a', 'b', 'c', 'd'].map((by) => claim(names, by)));
      const found = await ledger.load(tenant, (view) => view.getMany([...names, '~none']));
      expect(found).toHaveLength(count);
      for (const { name } of found) expect([...name].toSorted().join('')).toBe('abcd');
      expect(await fresh(async (view) => view.counter('gender:male'))).toBe(count);
    },
  );

  test('is in no list, no offset and no count of operations', async () => {
    await claim(namesOf(5), 'a');
    await createPeople(0, 3);
    expect(await fresh(everybody)).toHaveLength(3);
    expect(await fresh((view) => view.list({ offset: 2, limit: 9 }))).toEqual({ documents: [person(2)] });
    expect(await fresh(async (view) => view.counter('op:create'))).toBe(3);
  });

  test('is never deleted, since its name would become free', async () => {
    await claim(['~1'], 'a');
    await expect(remove(['~1'])).rejects.toThrow('never deleted');
    expect(await get('~1')).toMatchObject({ name: 'a' });
  });
});

describe('an answer kept with its transaction', () => {
  const claimed = (key: string, token: string, from: number, count: number) =>
    ledger.write({
      actor: 'ann',
      reads: [],
      decide: () => ({
        changes: Array.from({ length: count }, (_, index) => creation(person(from + index))),
        result: `answer of ${token}`,
      }),
      answer: (ref, result): AnswerUpdate => ({
        TableName: 'guards',
        Key: { pk: key, sk: 'KEY' },
        UpdateExpression: 'SET #ref = :ref, #answer = :answer',
        ConditionExpression: '#token = :token',
        ExpressionAttributeNames: { '#ref': 'ref', '#answer': 'answer', '#token': 'token' },
        ExpressionAttributeValues: { ':ref': ref, ':answer': result, ':token': token },
      }),
    });

  test.each([97, 150])('of %i records is there when the transaction is, and names it', async (count) => {
    const key = `claim of ${tenant}`;
    await store.put({ TableName: 'guards', Item: { pk: key, sk: 'KEY', token: 'mine' } });
    await claimed(key, 'mine', 0, count);
    const kept = await store.get('guards', { pk: key, sk: 'KEY' });
    expect(kept?.answer).toBe('answer of mine');
    expect(await ledger.outcome(kept?.ref as TransactionRef)).toBe('committed');
  });

  test.each([3, 150])('stops a transaction of %i records whose claim was taken over', async (count) => {
    const key = `claim of ${tenant}`;
    await store.put({ TableName: 'guards', Item: { pk: key, sk: 'KEY', token: 'theirs' } });
    await expect(claimed(key, 'mine', 0, count)).rejects.toThrow(LostClaim);
    expect(await fresh(everybody)).toEqual([]);
    expect(await fresh(async (view) => view.seq)).toBe(0);
  });
});

describe('readers', () => {
  test('see the same in pages by the last id and by an offset', async () => {
    await createPeople(0, 250);
    const byId: Person[] = [];
    let after: string | undefined;
    do {
      const page = await fresh((view) => view.list({ after, limit: 40 }));
      byId.push(...page.documents);
      after = page.next;
    } while (after);
    const byOffset: Person[] = [];
    for (let offset = 0; offset < 300; offset += 40)
      byOffset.push(...(await fresh((view) => view.list({ offset, limit: 40 }))).documents);
    expect(byId).toEqual(Array.from({ length: 250 }, (_, index) => person(index)));
    expect(byOffset).toEqual(byId);
    expect(await fresh((view) => view.list({ offset: 249, limit: 1 }))).toEqual({ documents: [person(249)] });
    expect(await fresh((view) => view.list({ offset: 250, limit: 1 }))).toEqual({ documents: [] });
    expect(await fresh((view) => view.list({ after: idOf(9), offset: 10, limit: 2 }))).toEqual({
      documents: [person(20), person(21)],
      next: idOf(21),
    });
  });

  test('are answered from memory until a commit, and never with a stale answer', async () => {
    await createPeople(0, 3);
    const ask = () =>
      ledger.read(tenant, 'names', async (view) => (await everybody(view)).map(({ name }) => name));
    expect(await ask()).toEqual({ value: ['Name 0', 'Name 1', 'Name 2'], cached: false });
    expect((await ask()).cached).toBe(true);
    await change([idOf(1)], (old) => ({ ...old, name: 'New' }));
    expect(await ask()).toEqual({ value: ['Name 0', 'New', 'Name 2'], cached: false });
    expect((await ledger.read(`${tenant}-other`, 'names', everybody)).value).toEqual([]);
  });

  test('of one tenant see nothing of another', async () => {
    await createPeople(0, 3);
    const mine = tenant;
    tenant = `${mine}-other`;
    expect(await get(idOf(0))).toBeUndefined();
    expect(await change([idOf(0)], (old) => old).catch((error: unknown) => error)).toBeInstanceOf(NotFound);
    expect(await remove([idOf(0)])).toBe(0);
  });
});

describe('a transaction over several tenants', () => {
  const spread = (places: string[]) =>
    ledger.write({
      actor: 'root',
      reads: [],
      decide: () => ({
        changes: places.map((place) => creation({ ...person(0), id: `one of ${place}` }, place)),
        result: places.length,
      }),
    });

  test('is seen in all of them at once, and has an audit record in each', async () => {
    const places = [`${tenant}-a`, `${tenant}-b`, `${tenant}-c`];
    await spread(places);
    const { value } = await ledger.readAcross(places, 'all of them', (views) =>
      Promise.all(views.map(everybody)),
    );
    expect(value.flat().map(({ id }) => id)).toEqual(places.map((place) => `one of ${place}`));
    for (const place of places)
      expect((await ledger.history(place, { limit: 9 })).transactions).toMatchObject([
        { tenant: place, actor: 'root', changes: [{ id: `one of ${place}`, kind: 'create' }] },
      ]);
    expect(scheduled.map(({ ref }) => ref.tenant).toSorted()).toEqual(places);
    const totals = await countersOf('patients', places, { store, ...tables });
    expect(totals.map(({ counter }) => counter('op:create'))).toEqual([1, 1, 1]);
  });

  test('may change 99 tenants and no more', async () => {
    const places = Array.from({ length: 100 }, (_, index) => `${tenant}-${index}`);
    await expect(spread(places)).rejects.toThrow(TooManyTenants);
    await spread(places.slice(1));
    const { value } = await ledger.readAcross('all', 'counts', async (views) =>
      views.filter((view) => places.includes(view.tenant)).map((view) => view.counter('total')),
    );
    expect(value).toEqual(Array.from({ length: 99 }, () => 1));
  });
});

describe('history', () => {
  test('lists actors and their changes, the newest first, and filters by an action or a record', async () => {
    await createPeople(0, 2);
    await change([idOf(1)], (old) => ({ ...old, name: 'New' }));
    await remove([idOf(0)]);
    await change(['nobody'], (old) => old).catch(() => undefined);
    const { transactions } = await ledger.history(tenant, { limit: 10 });
    expect(transactions.map(({ actor, changes }) => ({ actor, changes }))).toEqual([
      { actor: 'cid', changes: [{ id: idOf(0), kind: 'delete' }] },
      { actor: 'bob', changes: [{ id: idOf(1), kind: 'update' }] },
      {
        actor: 'ann',
        changes: [
          { id: idOf(0), kind: 'create' },
          { id: idOf(1), kind: 'create' },
        ],
      },
    ]);
    expect(Date.parse(transactions[0]?.at ?? '')).toBeGreaterThan(0);
    const actors = async (question: { action?: 'update'; resource?: string }) =>
      (await ledger.history(tenant, { limit: 10, ...question })).transactions.map(({ actor }) => actor);
    expect(await actors({ action: 'update' })).toEqual(['bob']);
    expect(await actors({ resource: idOf(0) })).toEqual(['cid', 'ann']);
    expect(await actors({ resource: 'person' })).toEqual([]);
  });

  test('comes in pages', async () => {
    for (let index = 0; index < 5; index++) await createPeople(index, 1);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await ledger.history(tenant, { limit: 2, after });
      expect(page.transactions.length).toBeLessThanOrEqual(2);
      ids.push(...page.transactions.flatMap(({ changes }) => changes.map(({ id }) => id)));
      after = page.next;
    } while (after);
    expect(ids).toEqual([4, 3, 2, 1, 0].map(idOf));
  });
});

describe('recovery', () => {
  /** A store whose commits never arrive: the owner dies just before its commit. */
  const dying = (): Store => ({
    ...store,
    update: (update) => {
      if (update.ExpressionAttributeValues?.[':state']) throw new Error('the owner dies');
      return store.update(update);
    },
  });

  test('commits a ready transaction for an owner that died before the commit', async () => {
    await expect(createPeople(0, 5, open({ store: dying() }))).rejects.toThrow('dies');
    expect(await fresh(everybody)).toEqual([]);
    const { ref } = scheduled[0] as (typeof scheduled)[0];
    expect(await ledger.recover(ref)).toMatchObject({ state: 'committed' });
    expect(await fresh(everybody)).toHaveLength(5);
  });

  test('reaches every transaction that its message stands for', async () => {
    await createPeople(0, 3);
    let dead = false;
    const container = open({
      store: { ...store, update: (update) => (dead ? dying() : store).update(update) },
    });
    await createPeople(3, 2, container);
    dead = true;
    await expect(createPeople(5, 2, container)).rejects.toThrow('dies');
    expect(scheduled).toHaveLength(2);
    const { ref } = scheduled[1] as (typeof scheduled)[0];
    expect(await ledger.outcome(ref)).toBe('committed');
    expect(await ledger.recover(ref)).toMatchObject({ state: 'committed' });
    expect(await fresh(everybody)).toHaveLength(7);
  });

  test('asks for a last call when no owner that a message stands for can live any more, and then purges tombstones', async () => {
    const container = open();
    await createPeople(0, 3, container);
    const { ref } = scheduled[0] as (typeof scheduled)[0];
    const recoverAfter = (minutes: number) => open({ now: () => Date.now() + minutes * 60_000 }).recover(ref);
    expect(await recoverAfter(1)).toEqual({ state: 'committed', againIn: expect.any(Number) });
    await remove([idOf(0), idOf(2)], container);
    expect(scheduled).toHaveLength(1);
    expect(await recoverAfter(17)).toEqual({ state: 'committed', againIn: expect.any(Number) });
    expect(await store.get('patients', recordKey(tenant, idOf(0)))).toBeDefined();
    expect(await recoverAfter(33)).toEqual({ state: 'committed' });
    expect(await store.get('patients', recordKey(tenant, idOf(0)))).toBeUndefined();
    expect(await store.get('patients', recordKey(tenant, idOf(1)))).toBeDefined();
    expect(await recoverAfter(34)).toEqual({ state: 'committed' });
  });

  test('rolls back the records of an owner that died in the middle of a large transaction', async () => {
    await createPeople(0, 200);
    scheduled.length = 0;
    const ids = Array.from({ length: 200 }, (_, index) => idOf(index));
    const dead = open({ store: dying(), leaseMs: 50 });
    await expect(change(ids, (old) => ({ ...old, name: 'torn' }), dead)).rejects.toThrow('dies');
    const { ref } = scheduled[0] as (typeof scheduled)[0];
    const recovered = await ledger.recover(ref);
    expect(recovered.state).toMatch(/live|aborted/);
    await new Promise((resolve) => setTimeout(resolve, 60));
    // The first writer that needs the records resolves them, without waiting for the message.
    await change([idOf(7)], (old) => ({ ...old, note: 'mine' }));
    expect(await get(idOf(7))).toEqual({ ...person(7), note: 'mine' });
    expect((await ledger.recover(ref)).state).toBe('aborted');
    expect(await ledger.outcome(ref)).toBe('aborted');
    expect((await fresh(everybody)).filter(({ name }) => name === 'torn')).toEqual([]);
    expect((await ledger.history(tenant, { limit: 9 })).transactions).toHaveLength(2);
  });

  test('asks for another call while a transaction lives, and if it never began', async () => {
    const unknown = { ledger: 'patients', tenant, txId: '01a1f8bd-5a6f-73f6-9300-864ce05074f7' };
    const seconds = { state: 'unknown', againIn: expect.any(Number) };
    const now = Date.now().toString(16).padStart(12, '0');
    const young = { ...unknown, txId: `${now.slice(0, 8)}-${now.slice(8)}-7000-8000-000000000000` };
    expect(await ledger.recover(young)).toEqual(seconds);
    expect(await ledger.outcome(young)).toBe('aborted');
  });

  test('lets rivals abort a live transaction only when its lease is over', async () => {
    await createPeople(0, 150);
    const ids = Array.from({ length: 150 }, (_, index) => idOf(index));
    await expect(change(ids, (old) => ({ ...old, name: 'torn' }), open({ store: dying() }))).rejects.toThrow(
      'dies',
    );
    const hasty = open({ leaseMs: 300 });
    await expect(change([idOf(3)], (old) => ({ ...old, name: 'mine' }), hasty)).rejects.toThrow(Conflict);
    expect((await get(idOf(3)))?.name).toBe('Name 3');
  });
});

describe('a tenant whose partition is almost full', () => {
  const told = (partitionGb: number | undefined): Store => ({
    ...store,
    transact: async (...args) => {
      const reply = await store.transact(...args);
      return reply.done ? { ...reply, partitionGb } : reply;
    },
    putMany: async (...args) => ({ ...(await store.putMany(...args)), partitionGb }),
  });
  const refusal = { code: 'storage_full' };

  test.each([1, 200])(
    'takes no new records after %i that came near the limit, but changes and deletions',
    async (count) => {
      const tight = open({ store: told(9) });
      await createPeople(0, count, tight);
      await expect(createPeople(500, 1, tight)).rejects.toMatchObject(refusal);
      await expect(createPeople(500, 1)).rejects.toMatchObject(refusal);
      await change([idOf(0)], (old) => ({ ...old, name: 'Changed' }), tight);
      await remove([idOf(0)], tight);
      expect(await fresh(everybody)).toHaveLength(count - 1);
    },
  );

  test('takes them again as soon as a change tells that there is room', async () => {
    const tight = open({ store: told(9) });
    await createPeople(0, 2, tight);
    await remove([idOf(0)], open({ store: told(8) }));
    await createPeople(500, 1);
  });

  test('is tried again after ten minutes, since deleted records leave room only later', async () => {
    const later = () => Date.now() + 10 * 60_000;
    await createPeople(0, 1, open({ store: told(9) }));
    await expect(createPeople(500, 200, open({ now: later }))).rejects.toMatchObject(refusal);
    await createPeople(500, 1, open({ now: later }));
    await expect(createPeople(501, 1)).rejects.toMatchObject(refusal);
  });

  test('takes named records, such as opt-outs, since they have a partition of their own', async () => {
    const tight = open({ store: told(9) });
    await createPeople(0, 1, tight);
    await tight.write({
      ...{ actor: 'ann', reads: [] },
      decide: () => ({ changes: [creation({ ...person(1), id: '~phone' })], result: 1 }),
    });
  });

  test('keeps what it knows where DynamoDB tells nothing', async () => {
    await createPeople(0, 1, open({ store: told(9) }));
    await change([idOf(0)], (old) => ({ ...old, name: 'Changed' }), open({ store: told(undefined) }));
    await expect(createPeople(500, 1)).rejects.toMatchObject(refusal);
  });
});

test('every read of the protocol is strongly consistent', async () => {
  const documents = engine.documents();
  const reads: boolean[] = [];
  documents.middlewareStack.add(
    (next) => async (args) => {
      const input = args.input as {
        ConsistentRead?: boolean;
        RequestItems?: Record<string, { Keys?: unknown; ConsistentRead?: boolean }>;
      };
      const name =
        (args as { request?: { headers?: Record<string, string> } }).request?.headers?.['x-amz-target'] ?? '';
      if (/\.(GetItem|Query|Scan)$/.test(name)) reads.push(input.ConsistentRead === true);
      if (/BatchGetItem$/.test(name))
        for (const request of Object.values(input.RequestItems ?? {}))
          reads.push(request.ConsistentRead === true);
      return next(args);
    },
    { step: 'build', name: 'seesReads', priority: 'low' },
  );
  const watched = open({ store: dynamoStore(documents) });
  await createPeople(0, 120, watched);
  await change([idOf(0), idOf(1)], (old) => ({ ...old, note: 'x' }), watched);
  await watched.read(tenant, 'all', async (view) => [
    await everybody(view),
    await view.list({ offset: 5, limit: 5 }),
    await view.get(idOf(1)),
  ]);
  await watched.history(tenant, { limit: 10 });
  await watched.readAcross('all', 'x', async (views) => views.length);
  for (const { ref } of scheduled) await watched.recover(ref);
  await watched.sweep();
  expect(reads.length).toBeGreaterThan(15);
  expect(reads).not.toContain(false);
});
