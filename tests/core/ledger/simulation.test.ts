import { describe, expect, test } from 'vitest';
import { type SabotageName, sabotages } from './sabotage.ts';
import { type ConfigurationName, configurations, simulate } from './simulation.ts';

/** More seeds, and single ones: `node tests/core/ledger/simulate.ts --help`. */
const seedsEach = 20;

describe('in a simulated AWS that refuses, loses, delays and doubles requests, and kills and freezes functions', () => {
  test.each(Object.keys(configurations) as ConfigurationName[])(
    'every reader sees every transaction completely or not at all, and everything comes to rest (%s)',
    { timeout: 60_000 },
    async (name) => {
      for (let seed = 1; seed <= seedsEach; seed++) {
        const { violations } = await simulate(seed, configurations[name]);
        expect(
          violations,
          `repeat it: node tests/core/ledger/simulate.ts --seed ${seed} --config ${name}`,
        ).toEqual([]);
      }
    },
  );
});

describe('the checker notices when', () => {
  test.each(Object.keys(sabotages) as SabotageName[])('%s', { timeout: 60_000 }, async (name) => {
    const sabotage = sabotages[name];
    let found = 0;
    for (let seed = 1; seed <= 200 && found === 0; seed++)
      found = (await simulate(seed, configurations[sabotage.configuration], sabotage)).violations.length;
    expect(found).toBeGreaterThan(0);
  });
});
