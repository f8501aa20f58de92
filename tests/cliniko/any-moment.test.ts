import { beforeAll, expect, test } from 'vitest';
import { each } from './each.ts';
import { broken, type Moment, simulated, useService } from './simulation.ts';

beforeAll(useService);

/** A page that is stored in two parts, and one of each other list. */
const spec = { patients: 55, archived: 5, deleted: 5 };

/**
 * Number of moments at which a worker of an undisturbed sync can die: before and after each request to the
 * table.
 */
async function momentsOf(seed: number): Promise<number> {
  let moments = 0;
  const dies = ({ request }: Moment) => {
    moments = Math.max(moments, request);
    return false as const;
  };
  await (await simulated({ spec, seed, dies })).sync();
  return moments;
}

test('takes back a sync whichever moment its worker dies at, and counts everybody once', {
  timeout: 300_000,
}, async () => {
  const moments = await momentsOf(11);
  expect(moments).toBeGreaterThan(100);
  const failures: object[] = [];
  let deaths = 0;
  await each(
    Array.from({ length: moments }, (_, n) => n + 1),
    async (moment) => {
      const place = await simulated({
        spec,
        seed: 11,
        dies: ({ request }) => request === moment && 'execution',
      });
      const result = await place.sync();
      if (result.trace.some((name) => name.startsWith('Crash'))) deaths += 1;
      const isRight = result.log.status === 'completed' && result.log.success === 60;
      const wrong = [
        ...broken(result),
        ...(isRight ? [] : [`${result.log.status} with ${result.log.success}`]),
      ];
      if (wrong.length > 0) failures.push({ moment, wrong, trace: result.trace });
    },
  );
  expect(failures).toEqual([]);
  expect(deaths).toBe(moments);
});

test('stores everybody though workers die at every moment of each of 13 pages', {
  timeout: 300_000,
}, async () => {
  const momentsOfPage = 16;
  const died = new Set<string>();
  // An execution may die three times on one page; in between it is only the function, which the workflow
  // calls again.
  const half =
    (first: number) =>
    ({ place, requestOfStep: moment }: Moment) => {
      const isMeant = place.startsWith('active') && moment >= first && moment < first + momentsOfPage / 2;
      const isNew = isMeant && !died.has(`${place}, ${moment}`);
      if (isNew) died.add(`${place}, ${moment}`);
      return isNew && (moment % 4 === 0 ? 'execution' : 'function');
    };
  for (const first of [1, 1 + momentsOfPage / 2]) {
    const plan = { spec: { patients: 1_250 }, seed: 12, dies: half(first) };
    const result = await (await simulated(plan)).sync();
    expect({ first, wrong: broken(result), log: result.log }).toMatchObject({
      wrong: [],
      log: { status: 'completed', success: 1_250, failed: 0 },
    });
  }
  expect(died.size).toBe(13 * momentsOfPage);
});

test('gives up a sync that dies on one page again and again, and completes when it is started again', async () => {
  let isCursed = true;
  const dies = ({ place, requestOfStep }: Moment) =>
    isCursed && place === 'active 2' && requestOfStep === 7 && 'execution';
  const place = await simulated({ spec: { patients: 250 }, seed: 13, dies });
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ status: 'failed', fault: { error_code: 'SYNC_INTERRUPTED' } });
  isCursed = false;
  place.clock.now += 60_000;
  const again = await place.sync();
  expect(broken(again)).toEqual([]);
  expect(again.log).toMatchObject({ status: 'completed', success: 250 });
});

test.each([
  ['key_revoked', 'CLINIKO_AUTH_FAILED'],
  ['server_error', 'CLINIKO_UNAVAILABLE'],
] as const)(
  'fails with the code, whichever request %s begins at',
  { timeout: 120_000 },
  async (name, code) => {
    const whole = await simulated({ spec, seed: 14 });
    await whole.sync();
    const requests = whole.account.calls;
    expect(requests).toBeGreaterThan(9);
    // The first is for the account's settings, which these faults leave alone.
    for (let after = 1; after < requests; after++) {
      const place = await simulated({ spec: { ...spec, faults: [{ name, after }] }, seed: 14 });
      const result = await place.sync();
      expect({ after, wrong: broken(result), log: result.log }).toMatchObject({
        wrong: [],
        log: { status: 'failed', fault: { error_code: code } },
      });
    }
  },
);
