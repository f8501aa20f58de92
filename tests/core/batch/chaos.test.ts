import { afterAll, expect, test } from 'vitest';
import type { Engine } from '../../../core/batch/engine.ts';
import type { Batch, Status } from '../../../core/batch/record.ts';
import { letters, marks, marksMade, PostOffice } from './effects.ts';
import { type Chances, immortal, storeOf } from './faults.ts';
import { Machine } from './machine.ts';
import { startTable } from './table.ts';

const table = await startTable();
afterAll(() => table.stop());

const chances: Chances = { crash: 0.15, lost: 0.01, refused: 0.03 };
const rank: Record<Status, number> = {
  pending: 0,
  processing: 1,
  failed: 2,
  partial: 3,
  canceled: 4,
  completed: 4,
};

/** Another seed for another course of events: `CHAOS_SEED=7 npx vitest run tests/core/batch/chaos.test.ts`. */
const seed = Number(process.env.CHAOS_SEED ?? 20_260_101);

/** Asserts that a batch never moves back, and that its numbers add up. */
function watcher() {
  const last = new Map<string, Batch>();
  return (batch: Batch | undefined) => {
    if (!batch) return;
    const { id, succeeded, failed, inFlight, remaining, canceled, total } = batch;
    expect(succeeded + failed + inFlight + remaining + canceled).toBe(total);
    const before = last.get(id);
    if (before) {
      expect(rank[batch.status]).toBeGreaterThanOrEqual(rank[before.status]);
      expect(succeeded).toBeGreaterThanOrEqual(before.succeeded);
      expect(failed).toBeGreaterThanOrEqual(before.failed);
      expect(remaining).toBeLessThanOrEqual(before.remaining);
    }
    last.set(id, batch);
  };
}

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ data: { name: `${prefix}${n}`, refused: n % 97 === 13 } }));

const over = async (engine: Engine, ids: string[]) => {
  for (const id of ids) {
    const batch = await engine.read(id);
    if (!batch?.endedAt || batch.inFlight > 0) return false;
  }
  return true;
};

test('applies 10,000 operations once each, with 30 % of messages doubled and 15 % of workers dying anywhere', async () => {
  const watch = watcher();
  let deliveries = 0;
  const it: Machine = new Machine({
    ...{ table, seed, name: 'chaos', chances, doubled: 0.3 },
    kinds: () => ({ marks: marks(table) }),
    after: async ({ batch }) => {
      if (++deliveries % 5 === 0) watch(await it.engine().engine.read(batch));
    },
  });
  const { engine } = it.engine();
  const sizes = { b0: 6_000, b1: 2_000, b2: 1_000, b3: 1_000 };
  const ids = Object.keys(sizes);
  for (const [id, size] of Object.entries(sizes))
    await engine.open({
      id,
      kind: 'marks',
      tenant: id < 'b2' ? 'one' : 'two',
      user: 'u',
      operations: named(id, size),
    });
  await it.until(() => over(engine, ids));
  await it.sweep();
  expect(new Set(it.reported.map(({ id }) => id))).toEqual(new Set(ids));
  expect(new Set(it.reported.map(({ status }) => status))).toEqual(new Set(['completed']));
  for (const [id, size] of Object.entries(sizes)) {
    const refused = named(id, size).filter(({ data }) => data.refused).length;
    expect(await engine.read(id)).toMatchObject({
      status: 'completed',
      succeeded: size - refused,
      failed: refused,
      remaining: 0,
    });
    const entries = await engine.entries(id);
    expect(entries.map(({ data }) => data)).toEqual(named(id, size).map(({ data }) => data));
    for (const { data, outcome } of entries) {
      const { name, refused } = data as { name: string; refused: boolean };
      expect(outcome).toEqual(refused ? { error: { message: 'refused' } } : { result: { name } });
    }
    expect(
      await marksMade(
        table,
        entries.map(({ data }) => (data as { name: string }).name),
      ),
    ).toBe(size - refused);
  }
}, 300_000);

test('runs side effects once each, although workers die between a side effect and its record', async () => {
  const office = new PostOffice();
  const it: Machine = new Machine({
    ...{ table, seed, name: 'letters', workers: 2, chances: { ...chances, crash: 0.4 } },
    kinds: (life) => ({
      letters: letters(table, office, life, (settlement) => it.engineOf(life).settle(settlement)),
    }),
  });
  const { engine } = it.engine();
  await engine.open({ id: 'l', kind: 'letters', tenant: 't', user: 'u', operations: named('letter', 300) });
  await it.until(() => over(engine, ['l']));
  const refused = named('letter', 300).filter(({ data }) => data.refused).length;
  expect(await engine.read('l')).toMatchObject({
    status: 'completed',
    succeeded: 300 - refused,
    failed: refused,
    inFlight: 0,
  });
  expect(office.taken.size).toBe(300 - refused);
  expect(new Set(office.taken.values())).toEqual(new Set([1]));
}, 120_000);

/** Requests to the store that a batch of 10 chunks takes, about. */
const requestsPerBatch = 24;

test('cancels at any of 100 instants: succeeded, failed and canceled operations add up, at once and for good', async () => {
  const ends = new Map<Status, number>();
  for (let run = 0; run < 100; run++) {
    const watch = watcher();
    let requests = Number.NaN;
    let canceling: ReturnType<Engine['cancel']> | undefined;
    const cancel = () => {
      canceling = it.engineOf(immortal).cancel('c');
    };
    /** Cancels just before one of the requests, together with it, or just after. */
    const interrupted = storeOf(table.store, {
      ...immortal,
      async call(request) {
        const isTime = requests++ === run % requestsPerBatch;
        if (isTime && run % 3 === 0) {
          cancel();
          await canceling;
        }
        if (isTime && run % 3 === 1) cancel();
        const answer = await request();
        if (isTime && run % 3 === 2) cancel();
        return answer;
      },
    });
    const it: Machine = new Machine({
      ...{ table: { ...table, store: interrupted }, seed: run, name: `cancel${run}`, doubled: 0.2 },
      kinds: () => ({ marks: marks(table) }),
    });
    const { engine } = it.engine();
    const operations = named(`cancel${run}-`, 250);
    await engine.open({ id: 'c', kind: 'marks', tenant: 't', user: 'u', operations });
    requests = 0;
    await it.drain();
    const answer = (await canceling) ?? (await engine.cancel('c'));
    watch(answer?.batch);
    await it.drain();
    const after = await engine.read('c');
    watch(after);
    expect(after).toEqual(answer?.batch);
    expect(after?.status).toBe(answer?.canceled ? 'canceled' : 'completed');
    expect(
      await marksMade(
        table,
        operations.map(({ data }) => data.name),
      ),
    ).toBe(after?.succeeded);
    expect(await engine.cancel('c')).toEqual({ canceled: false, batch: after });
    ends.set(after?.status ?? 'pending', (ends.get(after?.status ?? 'pending') ?? 0) + 1);
  }
  // The instants are spread over the whole life of a batch, and beyond its end.
  expect(ends.get('canceled')).toBeGreaterThan(40);
  expect(ends.get('completed')).toBeGreaterThan(0);
}, 120_000);

test('cancels a batch with side effects in flight: claimed operations are still settled', async () => {
  const office = new PostOffice();
  const held: (() => Promise<unknown>)[] = [];
  const it: Machine = new Machine({
    ...{ table, seed: 3, name: 'held', workers: 1 },
    kinds: (life) => ({
      letters: letters(table, office, life, async (settlement) => {
        held.push(() => it.engine().engine.settle(settlement));
      }),
    }),
  });
  const { engine } = it.engine();
  await engine.open({ id: 'h', kind: 'letters', tenant: 't', user: 'u', operations: named('held', 100) });
  await it.drain();
  const answer = await engine.cancel('h');
  expect(answer?.batch).toMatchObject({
    status: 'canceled',
    succeeded: 0,
    failed: 1,
    inFlight: 24,
    canceled: 75,
  });
  expect(it.reported).toEqual([]);
  for (const settle of held) await settle();
  expect(await engine.read('h')).toMatchObject({
    status: 'canceled',
    succeeded: 24,
    failed: 1,
    inFlight: 0,
    canceled: 75,
  });
  expect(it.reported).toMatchObject([{ id: 'h', status: 'canceled' }]);
  expect(office.taken.size).toBe(24);
});
