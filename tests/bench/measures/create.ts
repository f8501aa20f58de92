import { randomUUID } from 'node:crypto';
import { createByBatches } from '../baselines/batch-writes.ts';
import { createOneByOne } from '../baselines/single-writes.ts';
import { createByTransactions } from '../baselines/transactions.ts';
import { newCleanup } from '../cleanup.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { createByLedger, openWorld } from '../ledger-world.ts';
import { storedPatients } from '../patients.ts';
import { interleaved } from '../rounds.ts';
import { sizesOf } from './sizes.ts';

export const title = 'Creating by the ledger';
export const about =
  'The ledger and raw calls of the same SDK client on one engine in memory: the same items, in tenants that exist already. The first batch of a tenant also makes its HEAD.';

/** The most that atomicity may cost over DynamoDB's own transactions of a hundred, by the size of the batch. */
const aims: Record<number, number> = { 100: 1.4, 500: 1.15 };

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of sizesOf(effort)) {
    const its = newCleanup();
    cleanup.later(its.now);
    const { ledger, documents, table } = await openWorld(its);
    let patients = storedPatients('', 0);
    const newIn = (tenantOf: () => string) => async () => {
      patients = storedPatients(tenantOf(), size);
    };
    const prepare = newIn(() => 'raw');
    const timings = await interleaved(
      {
        ledger: { prepare: newIn(() => 'ledger'), run: () => createByLedger(ledger, patients) },
        'ledger, new tenant': { prepare: newIn(randomUUID), run: () => createByLedger(ledger, patients) },
        'TransactWriteItems × 100': { prepare, run: () => createByTransactions(documents, table, patients) },
        'BatchWriteItem × 25': { prepare, run: () => createByBatches(documents, table, patients) },
        'PutItem one by one': { prepare, run: () => createOneByOne(documents, table, patients) },
      },
      effort.roundsFor(size),
    );
    for (const baseline of [
      'TransactWriteItems × 100',
      'BatchWriteItem × 25',
      'PutItem one by one',
    ] as const) {
      const aim = baseline === 'TransactWriteItems × 100' ? aims[size] : undefined;
      figures.push(compare(`create ${size}`, timings, { ours: 'ledger', baseline, aim }));
    }
    if (size === 1)
      figures.push(
        compare('create 1, a tenant’s first', timings, { ours: 'ledger, new tenant', baseline: 'ledger' }),
      );
    await its.now();
  }
  return figures;
}
