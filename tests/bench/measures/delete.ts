import { createByBatches } from '../baselines/batch-writes.ts';
import { deleteOneByOne } from '../baselines/single-writes.ts';
import { deleteByTransactions } from '../baselines/transactions.ts';
import { newCleanup } from '../cleanup.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { createByLedger, deleteByLedger, openWorld } from '../ledger-world.ts';
import { storedPatients } from '../patients.ts';
import { interleaved } from '../rounds.ts';
import { sizesOf } from './sizes.ts';

export const title = 'Deleting by the ledger';
export const about =
  'The ledger reads what it deletes and marks it, since readers of an earlier instant still need it; the raw calls remove unread.';

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of sizesOf(effort)) {
    const its = newCleanup();
    cleanup.later(its.now);
    const { ledger, documents, table } = await openWorld(its);
    let patients = storedPatients('', 0);
    const created = async (tenant: string, create: () => Promise<unknown>) => {
      patients = storedPatients(tenant, size);
      await create();
    };
    const byBatches = () => created('raw', () => createByBatches(documents, table, patients));
    const timings = await interleaved(
      {
        ledger: {
          prepare: () => created('ledger', () => createByLedger(ledger, patients)),
          run: () => deleteByLedger(ledger, patients),
        },
        'TransactWriteItems × 100': {
          prepare: byBatches,
          run: () => deleteByTransactions(documents, table, patients),
        },
        'DeleteItem one by one': {
          prepare: byBatches,
          run: () => deleteOneByOne(documents, table, patients),
        },
      },
      effort.roundsFor(size),
    );
    for (const baseline of ['TransactWriteItems × 100', 'DeleteItem one by one'] as const)
      figures.push(compare(`delete ${size}`, timings, { ours: 'ledger', baseline }));
    await its.now();
  }
  return figures;
}
