import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Fault } from '../../local/cliniko/faults.ts';
import { mixture } from './mixture.ts';
import { broken, simulated, useService } from './simulation.ts';

beforeAll(useService);
afterEach(() => {
  process.env.CLINIKO_CALLS_PER_MINUTE = '200';
});

/** Several at once: each waits for the table most of the time. */
const AT_ONCE = 6;

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Faults that pass: whatever of them comes, the sync must end as completed. */
const passing: Record<string, Fault> = {
  'a rate limit in the middle': { name: 'rate_limited', page: 3, times: 1, seconds: 20 },
  'a rate limit whose reset is over': { name: 'rate_limited_past', page: 2, times: 2 },
  'a rate limit without a reset': { name: 'rate_limited_silent', page: 2, times: 1 },
  'a rate limit on each seventh request': { name: 'rate_limited', every: 7, seconds: 30 },
  'patients archived while their list is read': { name: 'archived_during_walk', page: 3, times: 1 },
  'patients added while their list is read': { name: 'created_during_walk', page: 3, times: 1 },
  'patients changed while their list is read': { name: 'updated_during_walk', page: 3, times: 1 },
  'patients deleted while their list is read': { name: 'deleted_during_walk', page: 3, times: 1 },
  'a row on two pages': { name: 'repeated_row', page: 2 },
  'a count that changes once': { name: 'total_changes', page: 2, times: 1 },
  'a count of zero on a later page': { name: 'total_zero', times: 2 },
  'a list that once ends too early': { name: 'short_list', page: 3, times: 1 },
  'server errors': { name: 'server_error', page: 4, times: 3 },
  'an error page of a proxy': { name: 'html_error', page: 2, times: 1 },
  'silence before an answer': { name: 'slow_header', page: 2, times: 1 },
  'silence within an answer': { name: 'slow_body', page: 2, times: 1 },
  'a cut connection': { name: 'cut_body', page: 2, times: 2 },
  'half an answer': { name: 'short_body', page: 2, times: 1 },
  'damaged compression': { name: 'bad_gzip', page: 2, times: 1 },
  'names of all kinds': { name: 'unicode' },
  'missing, empty and null fields': { name: 'sparse' },
  'ids longer than a JavaScript number': { name: 'numeric_ids' },
  'records that cannot be stored': { name: 'broken_records' },
  'patients that were merged': { name: 'merged' },
  'an answer of 6 MB once': { name: 'huge_page', page: 2, times: 1 },
  'an answer of another shape once': { name: 'wrong_schema', page: 2, times: 1 },
  'a page that once links to itself': { name: 'next_self', page: 2, times: 1 },
};

test.each(Object.entries(passing))('stores every patient in spite of %s', async (_name, fault) => {
  const place = await simulated({
    spec: { patients: 420, archived: 130, deleted: 12, faults: [fault] },
    seed: 7,
  });
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ status: 'completed', fault: null });
});

/** Faults that stay: a sync must end as failed, and tell why. */
const lasting: [string, Fault, string][] = [
  ['a key that is revoked on page 3', { name: 'key_revoked', page: 3 }, 'CLINIKO_AUTH_FAILED'],
  ['a user without permission', { name: 'forbidden' }, 'CLINIKO_FORBIDDEN'],
  ['the wrong shard', { name: 'wrong_shard' }, 'CLINIKO_UNAVAILABLE'],
  ['an account that moved to another host', { name: 'moved' }, 'CLINIKO_UNAVAILABLE'],
  ['a rate limit without end', { name: 'rate_limited', page: 2, seconds: 60 }, 'CLINIKO_RATE_LIMITED'],
  ['server errors without end', { name: 'server_error', page: 2 }, 'CLINIKO_UNAVAILABLE'],
  ['pages that link to themselves', { name: 'next_self' }, 'CLINIKO_UNAVAILABLE'],
  ['pages that link to another host', { name: 'next_elsewhere' }, 'CLINIKO_UNAVAILABLE'],
  ['answers of another shape', { name: 'wrong_schema' }, 'CLINIKO_UNAVAILABLE'],
  ['answers without end', { name: 'huge_page' }, 'CLINIKO_UNAVAILABLE'],
  ['lists that end before everybody was shown', { name: 'short_list', page: 3 }, 'SYNC_INCOMPLETE'],
];

test.each(lasting)('fails with the reason, and never completes, at %s', async (_name, fault, code) => {
  const place = await simulated({ spec: { patients: 420, archived: 20, faults: [fault] }, seed: 8 });
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ status: 'failed', fault: { error_code: code } });
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

test('completes whichever moment a worker dies at, and counts everybody once', {
  timeout: 600_000,
}, async () => {
  const failures: object[] = [];
  let crashes = 0;
  await each(
    Array.from({ length: 150 }, (_, n) => n + 1),
    async (crashAt) => {
      const place = await simulated({ spec: { patients: 210, archived: 30, deleted: 5 }, seed: 11, crashAt });
      const result = await place.sync();
      if (result.trace.length > 0) crashes += 1;
      const isRight = result.log.status === 'completed' && result.log.success === 240;
      const wrong = [
        ...broken(result),
        ...(isRight ? [] : [`${result.log.status} with ${result.log.success}`]),
      ];
      if (wrong.length > 0) failures.push({ crashAt, wrong, trace: result.trace });
    },
  );
  expect(failures).toEqual([]);
  expect(crashes).toBeGreaterThan(100);
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
  const result = await place.sync('full_patients', 1_997);
  expect(broken(result)).toEqual([]);
  expect(result.trace).toContain('handed over');
  expect(result.log).toMatchObject({ status: 'completed', success: 420 });
});

test.each([31, 32, 33])(
  'stores all of 5,000 patients through a mixture of faults and crashes (seed %i)',
  { timeout: 300_000 },
  async (seed) => {
    const { spec } = mixture(seed);
    const place = await simulated({ spec: { ...spec, patients: 5_000 }, seed, crashes: 0.002 });
    const result = await place.sync();
    expect({ wrong: broken(result), trace: result.trace }).toMatchObject({ wrong: [] });
    expect(result.log.status).toBe('completed');
  },
);
