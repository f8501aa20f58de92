import { describe, expect, test } from 'vitest';
import { sabotages, simulateChain } from './simulation.ts';

/** More seeds, and single ones: `node tests/content/simulation/simulate.ts --seeds 2000`. */
const seeds = 500;

test('every item called successful has its price on the chain under enough confirmations, none called failed has, and everything ends, though the chain forks, nodes lag and refuse what they took, and drivers die', {
  timeout: 120_000,
}, async () => {
  const seen = { succeeded: 0, failed: 0, takenBack: 0, crashes: 0, undone: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const report = await simulateChain(seed);
    const repeat = `repeat it: node tests/content/simulation/simulate.ts --seed ${seed}`;
    expect(report.violations, repeat).toEqual([]);
    for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += report[key];
  }
  // The runs had what they are about.
  expect(Math.min(seen.succeeded, seen.failed, seen.takenBack, seen.crashes)).toBeGreaterThan(500);
  expect(seen.undone).toBeLessThan(seen.succeeded / 1_000);
});

describe('the check notices when', () => {
  test.each(Object.keys(sabotages) as (keyof typeof sabotages)[])('%s', { timeout: 60_000 }, async (name) => {
    let found = 0;
    for (let seed = 1; seed <= 200 && found === 0; seed++)
      found = (await simulateChain(seed, sabotages[name])).violations.length;
    expect(found).toBeGreaterThan(0);
  });
});
