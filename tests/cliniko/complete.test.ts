import { afterEach, beforeAll, expect, test } from 'vitest';
import type { FailureKind } from '../../functions/cliniko/faults.ts';
import { type ClinikoFault as Fault, type FaultName, faultNames } from '../../local/cliniko/faults.ts';
import { each } from './each.ts';
import { dyingAt, lasting, mixture, passing } from './profiles.ts';
import { broken, simulated, useService } from './simulation.ts';

/** The same sync without any fault. */
let calm: { calls: number };

beforeAll(async () => {
  await useService();
  const place = await simulated({ spec: { patients: 500, archived: 30, deleted: 5 }, seed: 40 });
  await place.sync();
  calm = { calls: place.account.calls };
});
afterEach(() => {
  process.env.CLINIKO_CALLS_PER_MINUTE = '200';
});

test.each(Object.entries(passing))('stores every patient in spite of %s', async (_name, fault) => {
  const place = await simulated({
    spec: { patients: 420, archived: 130, deleted: 12, faults: [fault] },
    seed: 7,
  });
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ status: 'completed', fault: null });
});

const failing: [FaultName, FailureKind][] = [
  ['server_error', 'server_error'],
  ['html_error', 'server_error'],
  ['html_page', 'unreadable'],
  ['short_body', 'unreadable'],
  ['bad_gzip', 'unreadable'],
  ['wrong_schema', 'unexpected'],
  ['no_answer', 'connection'],
  ['cut_body', 'connection'],
  ['slow_header', 'timeout'],
  ['slow_body', 'timeout'],
  ['rate_limited', 'rate_limited'],
  ['rate_limited_past', 'rate_limited'],
  ['rate_limited_silent', 'rate_limited'],
  ['rate_limited_date', 'rate_limited'],
  ['maintenance', 'server_error'],
];
const patterns: [string, Omit<Fault, 'name'>][] = [
  ['every third answer', { every: 3 }],
  ['a third of all answers by chance', { rate: 1 / 3 }],
  ['six of eighteen answers at a stretch', { every: 18, streak: 6 }],
  ['thirty of ninety answers at a stretch', { every: 90, streak: 30 }],
];

/** Of each way to wait for the next try one, since a stretch of failures uses up tries whatever they are. */
const waitedFor: readonly FaultName[] = ['server_error', 'slow_body', 'rate_limited', 'maintenance'];

test.each(
  patterns.flatMap(([which, pattern]) =>
    failing
      .filter(([name]) => !('streak' in pattern) || waitedFor.includes(name))
      .map(([name, kind]) => [which, name, kind, pattern] as const),
  ),
)(
  'stores 500 patients though %s fails (%s), and says what was repeated',
  async (_which, name, kind, pattern) => {
    const spec = { patients: 500, archived: 30, deleted: 5, faults: [{ name, ...pattern }] };
    const place = await simulated({ spec, seed: 41 });
    const result = await place.sync();
    expect({ wrong: broken(result), trace: result.trace }).toEqual({ wrong: [], trace: [] });
    const failures = place.account.faults.reduce((sum, { done }) => sum + done, 0);
    expect(failures).toBeGreaterThan(3);
    expect(result.log).toMatchObject({ status: 'completed', success: 530, retries: { [kind]: failures } });
    // Nothing was asked for again but what had failed, unless a step ran out of tries.
    if ('every' in pattern && !('streak' in pattern)) expect(place.account.calls - failures).toBe(calm.calls);
  },
);

test('stores 500 patients though a third of all answers fails in all these ways at once', async () => {
  const faults = failing.map(([name]) => ({ name, rate: 1 / 37 }));
  for (const seed of [43, 44, 45]) {
    const place = await simulated({ spec: { patients: 500, archived: 30, deleted: 5, faults }, seed });
    const result = await place.sync();
    expect(broken(result)).toEqual([]);
    expect(result.log).toMatchObject({ status: 'completed', success: 530 });
    expect(Object.keys(result.log.retries).length).toBeGreaterThan(2);
  }
});

test('counts each repeated call against the calls per minute of its key', async () => {
  process.env.CLINIKO_CALLS_PER_MINUTE = '10';
  const faults = [{ name: 'server_error' as const, every: 3 }];
  const place = await simulated({ spec: { patients: 500, calls_per_minute: 10, faults }, seed: 46 });
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  expect([place.account.beyond, place.account.early]).toEqual([0, 0]);
  expect(result.log).toMatchObject({ status: 'completed', success: 500 });
});

test('does not ask again before the time that Cliniko names, as seconds or as a date', async () => {
  for (const name of ['maintenance', 'rate_limited_date'] as const) {
    const place = await simulated({
      spec: { patients: 250, faults: [{ name, page: 2, times: 1, seconds: 300 }] },
      seed: 47,
    });
    const result = await place.sync();
    expect([place.account.early, result.log.status]).toEqual([0, 'completed']);
    expect(place.clock.now - result.began).toBeGreaterThan(295_000);
  }
});

test('knows every fault of the stand-in', () => {
  const alone = [...Object.values(passing), ...lasting.map(([, fault]) => fault)].map(({ name }) => name);
  // ClinikoSettings that only administrators may read are no matter of a sync.
  expect(new Set([...alone, 'settings_forbidden'])).toEqual(new Set(faultNames));
});

test.each(lasting)('fails with the reason, and never completes, at %s', async (_name, fault, code) => {
  const place = await simulated({ spec: { patients: 420, archived: 20, faults: [fault] }, seed: 8 });
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({
    status: 'failed',
    fault: { error_code: code, action: expect.stringMatching(/./) },
  });
  // Cliniko gets time to recover, but nobody waits for hours.
  expect(place.clock.now - result.began).toBeLessThan(45 * 60_000);
});

test('loses and doubles nobody in 100 mixtures of faults and crashes', { timeout: 600_000 }, async () => {
  const failures: object[] = [];
  const seeds = Array.from({ length: 100 }, (_, n) => n + 1);
  let completed = 0;
  await each(seeds, async (seed) => {
    const place = await simulated(mixture(seed));
    const result = await place.sync();
    const wrong = broken(result);
    if (wrong.length > 0)
      failures.push({ seed, wrong, trace: result.trace, faults: place.account.spec.faults });
    if (result.log.status === 'completed') completed += 1;
  });
  expect(failures).toEqual([]);
  // A run may give up when too much comes together, but that must be rare.
  expect(completed).toBeGreaterThan(90);
});

test('asks no more often than a key may, with two organisations that share it', {
  timeout: 120_000,
}, async () => {
  // A small budget, so that a few pages use it up several times.
  process.env.CLINIKO_CALLS_PER_MINUTE = '12';
  const first = await simulated({
    spec: { patients: 1_800, calls_per_minute: 12, latency_ms: 400 },
    seed: 21,
  });
  const second = await simulated({ spec: {}, seed: 22 }, first);
  const began = first.clock.now;
  const results = await Promise.all([first.sync(), second.sync()]);
  expect(results.flatMap(broken)).toEqual([]);
  expect(results.map(({ log }) => [log.status, log.success])).toEqual([
    ['completed', 1_800],
    ['completed', 1_800],
  ]);
  expect(first.account.beyond).toBe(0);
  expect(first.account.calls).toBeGreaterThan(40);
  expect(first.clock.now - began).toBeGreaterThan(3 * 60_000);
});

test('waits for a reset that was announced to another organisation with the same key', async () => {
  const faults = [{ name: 'rate_limited' as const, page: 2, times: 1, seconds: 45 }];
  const first = await simulated({ spec: { patients: 250, faults }, seed: 23 });
  const second = await simulated({ spec: {}, seed: 24 }, first);
  const result = await first.sync();
  await second.sync();
  expect(broken(result)).toEqual([]);
  expect(first.account.early).toBe(0);
});

test('goes on in another execution when one has become too long', async () => {
  const place = await simulated({ spec: { patients: 420 }, seed: 25 });
  const result = await place.sync({ firstTurn: 1_997 });
  expect(broken(result)).toEqual([]);
  expect(result.state.run).toBe(null);
  expect(place.executions()).toBe(2);
  expect(result.log).toMatchObject({ status: 'completed', success: 420 });
});

test.each([31, 32])(
  'stores all of 5,000 patients through a mixture of faults and crashes (seed %i)',
  { timeout: 300_000 },
  async (seed) => {
    const { spec } = mixture(seed);
    const place = await simulated({ spec: { ...spec, patients: 5_000 }, seed, dies: dyingAt(0.002) });
    const result = await place.sync();
    expect({ wrong: broken(result), trace: result.trace }).toMatchObject({ wrong: [] });
    expect(result.log.status).toBe('completed');
  },
);
