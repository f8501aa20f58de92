import { afterAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../../core/batch/engine.ts';
import { keysOf } from '../../../core/batch/keys.ts';
import type { Kind } from '../../../core/batch/kind.ts';
import { NotOpened } from '../../../core/batch/open.ts';
import type { Batch } from '../../../core/batch/record.ts';
import { accounts, changeAccount, credits, creditsOf, creditTo } from './accounts.ts';
import { letters, PostOffice } from './effects.ts';
import { storeOf } from './faults.ts';
import { Machine } from './machine.ts';
import { startTable } from './table.ts';

const table = await startTable();
afterAll(() => table.stop());

let runs = 0;
/** A machine for each test; all share one table. */
const machine = (more: Partial<ConstructorParameters<typeof Machine>[0]> = {}) =>
  new Machine({ table, seed: 1, name: `run${++runs}`, kinds: () => ({ credits: credits(table) }), ...more });

const batch = (id: string, names: string[], tenant = 'tenant', lists: string[] = []) => ({
  ...{ id, kind: 'credits', tenant, user: 'user', lists },
  operations: names.map(creditTo),
});

test('applies every operation of a batch and lists each outcome, in the order of the request', async () => {
  const it = machine();
  const { engine } = it.engine();
  const names = await accounts(table, 'order', 60);
  const opened = await engine.open(batch('b', [...names.slice(0, 30), 'nobody', ...names.slice(30)]));
  expect(opened).toMatchObject({ status: 'pending', total: 61, remaining: 61 });
  await it.drain();
  expect(await engine.read('b')).toMatchObject({
    status: 'completed',
    succeeded: 60,
    failed: 1,
    remaining: 0,
  });
  const entries = await engine.entries('b');
  expect(entries.map(({ place }) => place)).toEqual(Array.from({ length: 61 }, (_, place) => place));
  expect(entries[30]?.outcome).toEqual({ error: { message: 'Account not found' } });
  expect(entries[31]?.outcome).toEqual({ result: { account: 'order30' } });
  expect(await creditsOf(table, names)).toEqual(names.map(() => 1));
});

test('ends as failed when no operation succeeded', async () => {
  const it = machine();
  const { engine } = it.engine();
  await engine.open(batch('b', ['nobody', 'no one']));
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'failed', succeeded: 0, failed: 2 });
});

test('opens batches that do not fit into one transaction', async () => {
  const it = machine();
  const { engine } = it.engine();
  const names = await accounts(table, 'large', 2_600);
  await engine.open(batch('b', names));
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 2_600 });
  expect(new Set(await creditsOf(table, names))).toEqual(new Set([1]));
});

test('packs operations so that no chunk outgrows an item, and none of a batch is too large to open', async () => {
  const it = machine();
  const { engine } = it.engine();
  const names = await accounts(table, 'heavy', 60);
  const heavy = names.map((account) => ({ data: { account, note: 'é'.repeat(50_000) } }));
  await engine.open({ ...batch('b', []), operations: heavy });
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 60 });
  expect((await engine.entries('b')).map(({ data }) => data)).toEqual(heavy.map(({ data }) => data));
});

test('opens no batch without operations', async () => {
  const { engine } = machine().engine();
  await expect(engine.open(batch('b', []))).rejects.toThrow(RangeError);
  expect(await engine.read('b')).toBeUndefined();
});

test('reads in a chunk what the chunks before it wrote', async () => {
  const opening: Kind<{ account: string }> = {
    ...(credits(table) as Kind<{ account: string }>),
    plan: (operations, found, ...more) => {
      const [first, ...others] = operations;
      const Item = { pk: 'ACCOUNT#new', sk: 'ACCOUNT', credit: 0 };
      const opened = { result: 'opened', actions: [{ Put: { TableName: table.name, Item } }] };
      if (first?.chunk === 0) return [opened, ...others.map(() => ({ error: 'not yet' }))];
      return (credits(table) as Kind<{ account: string }>).plan(operations, found, ...more);
    },
  };
  const it = machine({ kinds: () => ({ credits: opening as Kind }) });
  const { engine } = it.engine();
  await engine.open(batch('b', ['new', ...Array(24).fill('nobody'), 'new']));
  await it.drain();
  expect(it.deliveries).toHaveLength(1);
  expect((await engine.entries('b'))[25]?.outcome).toEqual({ result: { account: 'new' } });
});

test('opens an id once', async () => {
  const it = machine();
  const { engine } = it.engine();
  await engine.open(batch('b', ['nobody']));
  await expect(engine.open(batch('b', ['nobody']))).rejects.toThrow(NotOpened);
});

test('counts and lists an operation at each place of the request that asked for it, and applies it once', async () => {
  const it = machine();
  const { engine } = it.engine();
  const [name = ''] = await accounts(table, 'places', 1);
  await engine.open({
    ...batch('b', []),
    operations: [
      { data: { account: name }, places: [0, 2] },
      { data: { account: 'nobody' }, places: [1] },
    ],
  });
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ total: 3, succeeded: 2, failed: 1 });
  expect((await engine.entries('b')).map(({ data }) => data)).toEqual([
    { account: name },
    { account: 'nobody' },
    { account: name },
  ]);
  expect(await creditsOf(table, [name])).toEqual([1]);
});

test('is accepted and worked off although its first message could not be sent', async () => {
  const it = machine();
  const names = await accounts(table, 'unsent', 3);
  const engine = openEngine({
    ...{
      name: `run${runs}`,
      kinds: { credits: credits(table) },
      store: table.store,
      table: () => table.name,
    },
    send: () => Promise.reject(new Error('the queue is down')),
    deps: it.depsOf(),
  });
  expect(await engine.open(batch('b', names))).toMatchObject({ status: 'pending' });
  it.pass(60_000);
  await it.sweep();
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 3 });
});

test('an entry that cannot be read stops the sweep for no other tenant, and fails it at its end', async () => {
  const it = machine();
  const { engine } = it.engine();
  const names = await accounts(table, 'behind', 3);
  await engine.open(batch('b', names));
  it.loseMessages();
  const broken = { ...keysOf(`run${runs}`).open('a tenant before', 1), id: 7 };
  await table.store.put({ TableName: table.name, Item: broken });
  it.pass(60_000);
  await expect(engine.sweep()).rejects.toThrow(expect.objectContaining({ name: 'SweepIncomplete' }));
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 3 });
});

describe('the end of a batch', () => {
  /** An engine beside the machine's, with the test's own listener. */
  const engineWith = (it: Machine, onEnded: (batch: Batch) => Promise<void>) =>
    openEngine({
      name: `run${runs}`,
      kinds: { credits: credits(table) },
      store: table.store,
      table: () => table.name,
      send: async (_, message) => it.post(message),
      onEnded,
    });

  test('is reported once if nothing fails', async () => {
    const it = machine();
    await it.engine().engine.open(batch('b', ['nobody']));
    await it.drain();
    await it.sweep();
    expect(it.reported).toMatchObject([{ id: 'b', status: 'failed', total: 1, failed: 1 }]);
  });

  test('is reported until the listener returns: its failure stops no work, and the sweep throws', async () => {
    const it = machine();
    const reported: string[] = [];
    let isFailing = true;
    const engine = engineWith(it, async ({ id }) => {
      if (isFailing && id !== 'other') throw new Error('the listener failed');
      reported.push(id);
    });
    for (const id of ['b', 'c', 'other']) await engine.open(batch(id, ['nobody'], id));
    for (const id of ['b', 'c', 'other'])
      await engine.work({ version: 1, tenant: id, batch: id, chunk: 0 }, 1);
    expect(await engine.read('b')).toMatchObject({ status: 'failed', remaining: 0 });
    await expect(engine.sweep()).rejects.toThrow('the ends of 2 batches could not be announced');
    expect(reported).toEqual(['other']);
    isFailing = false;
    await engine.sweep();
    await engine.sweep();
    expect(reported).toEqual(['other', 'b', 'c']);
  });

  test('is reported again if the process died before the report was recorded', async () => {
    const it = machine();
    const reported: string[] = [];
    const { engine: mortal, life } = it.engine();
    await mortal.open(batch('b', ['nobody']));
    const dying = openEngine({
      name: `run${runs}`,
      kinds: { credits: credits(table) },
      store: storeOf(table.store, life),
      table: () => table.name,
      send: async () => {},
      onEnded: async ({ id }) => {
        reported.push(id);
        life.kill();
      },
    });
    await expect(dying.work({ version: 1, tenant: 'tenant', batch: 'b', chunk: 0 }, 1)).rejects.toThrow();
    expect(reported).toEqual(['b']);
    const engine = engineWith(it, async ({ id }) => void reported.push(id));
    await engine.sweep();
    await engine.sweep();
    expect(reported).toEqual(['b', 'b']);
  });

  test('is reported for a cancelled batch, too', async () => {
    const it = machine();
    const { engine } = it.engine();
    await engine.open(batch('b', ['nobody']));
    await engine.cancel('b');
    expect(it.reported).toMatchObject([{ id: 'b', status: 'canceled', canceled: 1 }]);
  });
});

test('lists batches newest first, any page at once, with an exact total', async () => {
  const it = machine();
  const { engine } = it.engine();
  for (let n = 0; n < 12; n++) await engine.open(batch(`b${n}`, ['nobody'], 'tenant', ['mine']));
  const page = await engine.list('mine', { limit: 5, skip: 2 });
  expect(page.total).toBe(12);
  expect(page.batches.map(({ id }) => id)).toEqual(['b9', 'b8', 'b7', 'b6', 'b5']);
  expect((await engine.list('mine', { limit: 5, skip: 12 })).batches).toEqual([]);
});

test('sends messages again that were lost between the table and the queue, within a minute', async () => {
  const it = machine();
  const { engine } = it.engine();
  const names = await accounts(table, 'lost', 100);
  await engine.open(batch('b', names));
  await it.drain(2);
  it.loseMessages();
  it.pass(60_000);
  await it.sweep();
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 100 });
  expect(new Set(await creditsOf(table, names))).toEqual(new Set([1]));
});

test('ends a batch with a poisoned chunk as partial while its neighbours finish, and a redrive completes it', async () => {
  const it = machine({ workers: 1 });
  const { engine } = it.engine();
  const names = await accounts(table, 'poison', 125);
  await changeAccount(table, 'poison60', { poison: true });
  await engine.open(batch('b', names));
  await it.until(async () => it.deadLetters.length > 0);
  expect(await engine.read('b')).toMatchObject({
    status: 'partial',
    succeeded: 100,
    failed: 0,
    remaining: 25,
  });
  expect(it.reported).toMatchObject([{ status: 'partial' }]);
  await changeAccount(table, 'poison60', {});
  it.redrive();
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 125, remaining: 0 });
  expect(it.reported).toMatchObject([{ status: 'partial' }, { status: 'completed' }]);
  expect((await engine.entries('b'))[60]?.outcome).toEqual({ result: { account: 'poison60' } });
  expect(new Set(await creditsOf(table, names))).toEqual(new Set([1]));
});

test('settles the side effects of a redriven dead letter although its worker dies while running them', async () => {
  const office = new PostOffice();
  let poisoned = true;
  let runs = 0;
  const it: Machine = machine({
    workers: 1,
    kinds: (life) => {
      const kind = letters(table, office, life, (settlement) => it.engineOf(life).settle(settlement));
      return {
        letters: {
          ...kind,
          plan: (...given) => {
            if (poisoned) throw new Error('not now');
            return kind.plan(...(given as Parameters<typeof kind.plan>));
          },
          runSideEffects: async (chunk, again) => {
            if (++runs === 1) life.kill();
            await kind.runSideEffects?.(
              chunk as Parameters<NonNullable<typeof kind.runSideEffects>>[0],
              again,
            );
          },
        },
      };
    },
  });
  const { engine } = it.engine();
  const operations = [{ data: { name: 'redriven' } }];
  await engine.open({ id: 'b', kind: 'letters', tenant: 't', user: 'u', operations });
  await it.until(() => it.deadLetters.length > 0);
  expect(await engine.read('b')).toMatchObject({ status: 'failed', remaining: 1 });
  poisoned = false;
  it.redrive();
  await it.drain(1);
  expect(await engine.read('b')).toMatchObject({ status: 'failed', remaining: 0, inFlight: 1 });
  it.loseMessages();
  it.pass(120_000);
  await it.sweep();
  await it.drain();
  expect(await engine.read('b')).toMatchObject({ status: 'completed', succeeded: 1, inFlight: 0 });
  expect(office.taken).toEqual(new Map([['redriven', 1]]));
  expect(it.reported).toMatchObject([{ status: 'failed' }, { status: 'completed' }]);
});

test('goes on with a chunk whose outcomes come much later, once told that its side effects are under way, however often', async () => {
  const office = new PostOffice();
  const it: Machine = machine({
    kinds: (life) => ({
      letters: { ...letters(table, office, life, async () => {}), runSideEffects: async () => {} },
    }),
  });
  const { engine } = it.engine();
  const opened = (id: string, letter: string) =>
    engine.open({
      ...{ id, kind: 'letters', tenant: 't', user: 'u' },
      operations: Array.from({ length: 50 }, (_, n) => ({ data: { name: `${letter}${n}` } })),
    });
  await opened('b', 'first');
  await opened('c', 'second');
  const inFlight = async (id: string) => (await engine.read(id))?.inFlight;
  await it.drain();
  expect(await inFlight('b')).toBe(25);
  for (let times = 0; times < 3; times++) await engine.goOn('b', 0);
  await it.drain();
  expect([await inFlight('b'), await inFlight('c')]).toEqual([50, 0]);
  // The batch's last chunk lets the tenant's next batch begin.
  await engine.goOn('b', 1);
  await it.drain();
  expect([await inFlight('b'), await inFlight('c')]).toEqual([50, 25]);
  for (const [id, chunk] of [
    ['b', 0],
    ['b', 1],
    ['no such batch', 0],
    ['b', 7],
  ] as const)
    await engine.goOn(id, chunk);
  await it.drain();
  expect([await inFlight('b'), await inFlight('c')]).toEqual([50, 25]);
  expect(it.deadLetters).toEqual([]);
});

test('gives up a chunk that kills every worker that touches it', async () => {
  const names = await accounts(table, 'killer', 50);
  const it = machine({
    kinds: (life) => ({
      credits: {
        ...credits(table),
        plan: (operations, ...more) => {
          if (operations.some(({ data }) => (data as { account: string }).account === 'killer0'))
            void life.kill();
          return credits(table).plan(operations as never, ...more);
        },
      },
    }),
  });
  const { engine } = it.engine();
  await engine.open(batch('b', names));
  for (let minutes = 0; minutes < 90; minutes++) {
    await it.drain();
    it.loseMessages();
    it.pass(60_000);
    await it.sweep();
  }
  expect(await engine.read('b')).toMatchObject({ status: 'partial', succeeded: 25, remaining: 25 });
});

test('lets a tenant wait for three chunks of another tenant at most', async () => {
  const it = machine({ workers: 1 });
  const { engine } = it.engine();
  const many = Array.from({ length: 1_000 }, (_, n) => `nobody${n}`);
  for (let n = 0; n < 20; n++) await engine.open(batch(`big${n}`, many, 'large'));
  await it.drain(50);
  const before = it.deliveries.length;
  await engine.open(batch('small', many.slice(0, 20), 'small'));
  await it.drain(5);
  const waited = it.deliveries.slice(before).findIndex(({ batch }) => batch === 'small');
  expect(waited).toBeGreaterThanOrEqual(0);
  // A delivery does three chunks.
  expect(waited).toBeLessThanOrEqual(1);
});

test("works off a tenant's batches in their order, and goes on when new ones come while the queue is idle", async () => {
  const it = machine({ workers: 1 });
  const { engine } = it.engine();
  for (let n = 0; n < 5; n++) {
    await engine.open(batch(`b${n}`, ['nobody'], 'tenant'));
    if (n === 2) await it.drain();
  }
  await it.drain();
  expect(it.reported.map(({ id }) => id)).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
  expect(it.queued).toBe(0);
});
