import { parseArgs } from 'node:util';
import { type ChainReport, simulateChain } from './simulation.ts';

/**
 * Runs simulations of the driver of the chain and prints their totals.
 *
 *   node tests/content/simulation/simulate.ts --seeds 2000 [--from 1]
 *   node tests/content/simulation/simulate.ts --seed 17
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed ? 1 : Number(values.seeds);
const began = performance.now();
const sum = { succeeded: 0, failed: 0, undone: 0, forks: 0, takenBack: 0, alarms: 0, crashes: 0, minutes: 0 };
let violating = 0;
for (let seed = first; seed < first + count; seed++) {
  const report: ChainReport = await simulateChain(seed);
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
  if (report.violations.length === 0) continue;
  violating++;
  console.log(`seed ${seed}: ${report.violations.slice(0, 5).join('\n  ')}`);
}
const seconds = Math.round((performance.now() - began) / 100) / 10;
console.table({ all: { runs: count, violating, ...sum, seconds } });
process.exitCode = violating === 0 ? 0 : 1;
