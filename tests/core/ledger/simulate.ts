import { parseArgs } from 'node:util';
import { type Sabotage, sabotages } from './sabotage.ts';
import { type ConfigurationName, configurations, type Report, simulate } from './simulation.ts';

/**
 * Runs simulations and prints the totals of each configuration.
 *
 *   node tests/core/ledger/simulate.ts --seeds 2000 [--config mixed] [--from 1]
 *   node tests/core/ledger/simulate.ts --seed 17 --config mixed
 *   node tests/core/ledger/simulate.ts --teeth: each broken variant, which must be caught
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    config: { type: 'string' },
    teeth: { type: 'boolean', default: false },
  },
});
interface Run {
  name: string;
  configuration: ConfigurationName;
  sabotage?: Sabotage;
}
const all = (values.config ? [values.config] : Object.keys(configurations)) as ConfigurationName[];
const runs: Run[] = values.teeth
  ? Object.entries<Sabotage>(sabotages).map(([name, sabotage]) => ({
      name,
      configuration: sabotage.configuration,
      sabotage,
    }))
  : all.map((name) => ({ name, configuration: name }));
const first = Number(values.seed ?? values.from);
const count = values.seed ? 1 : Number(values.seeds);
const table: Record<string, Record<string, number>> = {};
for (const { name, configuration, sabotage } of runs) {
  const began = performance.now();
  const sum = {
    runs: 0,
    violating: 0,
    commits: 0,
    reads: 0,
    crashes: 0,
    freezes: 0,
    requests: 0,
    faults: 0,
    seconds: 0,
  };
  for (let seed = first; seed < first + count; seed++) {
    const report: Report = await simulate(seed, configurations[configuration], sabotage);
    sum.runs++;
    for (const key of ['commits', 'reads', 'crashes', 'freezes', 'requests', 'faults'] as const)
      sum[key] += report[key];
    if (report.violations.length === 0) continue;
    sum.violating++;
    if (sum.violating <= (sabotage ? 1 : 5) || values.seed)
      console.log(`seed ${seed} of ${name}: ${report.violations.slice(0, 3).join('\n  ')}`);
  }
  sum.seconds = Math.round((performance.now() - began) / 100) / 10;
  table[name] = sum;
}
console.table(table);
const asExpected = Object.values(table).every(({ violating }) => (violating === 0) !== values.teeth);
process.exitCode = asExpected ? 0 : 1;
