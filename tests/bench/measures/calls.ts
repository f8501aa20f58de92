import { startExpress } from '../baselines/express.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { load } from '../http.ts';
import { newPatient } from '../patients.ts';
import { interleaved, median, quantile } from '../rounds.ts';
import { somebody, startService } from '../service.ts';

export const title = 'Small calls';
export const about =
  '`/health` does nothing, so it shows what gateway and worker cost; calls per second with 1, 10 and 50 callers at once, in turns with Express. One patient is read from the container’s memory (hit) and, right after a write in its tenant, from the table (miss).';

const SLICES = { quick: 2, full: 6 };
const SLICE_MS = { quick: 300, full: 1_000 };

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const service = await startService(cleanup);
  const person = await somebody(cleanup, service);
  const express = await startExpress(cleanup, service, person);
  const servers = { service: person.api, 'Express + SQLite': express };
  const size = effort.quick ? 'quick' : 'full';

  const figures: Figure[] = [];
  for (const width of [1, 10, 50]) {
    const rates: Record<string, number[]> = { service: [], 'Express + SQLite': [] };
    const times: number[] = [];
    for (let slice = -1; slice < SLICES[size]; slice++) {
      for (const [name, caller] of Object.entries(servers)) {
        const loaded = await load(SLICE_MS[size], width, () => caller.call('GET', '/health'));
        if (slice < 0) continue;
        rates[name]?.push(loaded.perSecond);
        if (name === 'service') times.push(...loaded.times);
      }
    }
    const [ours, theirs] = [median(rates.service ?? []), median(rates['Express + SQLite'] ?? [])];
    figures.push(
      {
        name: `/health, ${width} at once`,
        unit: 'calls/s',
        ours,
        baseline: { name: 'Express + SQLite', value: theirs },
        ratio: ours / theirs,
        rounds: SLICES[size],
      },
      {
        name: `/health, ${width} at once, slowest hundredth`,
        unit: 'ms',
        ours: quantile(times, 0.99),
        rounds: times.length,
      },
    );
  }

  const idAt = async (caller: typeof express) => {
    const { text } = await caller.call('POST', '/api/v1/batch/patients', [newPatient(1)]);
    return (JSON.parse(text) as { patients: { id: string }[] }).patients[0]?.id ?? '';
  };
  const [ourId, theirId] = [await idAt(person.api), await idAt(express)];
  const write = () => person.api.call('POST', '/api/v1/patients', newPatient(2));
  const read = async (expected: 'hit' | 'miss') => {
    const { headers } = await person.api.call('GET', `/api/v1/patients/${ourId}`);
    if (headers['x-cache'] !== expected) throw new Error(`The patient was no cache ${expected}`);
  };
  const { warmUps, rounds } = effort.roundsFor(1);
  const timings = await interleaved(
    {
      miss: { prepare: write, run: () => read('miss') },
      hit: { run: () => read('hit'), prepare: () => person.api.call('GET', `/api/v1/patients/${ourId}`) },
      '/health': { run: () => person.api.call('GET', '/health') },
      'Express + SQLite': { run: () => express.call('GET', `/api/v1/patients/${theirId}`) },
    },
    { warmUps, rounds: 4 * rounds },
  );
  for (const ours of ['hit', 'miss'] as const)
    for (const baseline of ['/health', 'Express + SQLite'] as const)
      figures.push(compare(`one patient, ${ours}`, timings, { ours, baseline }));
  return figures;
}
