import { createByBatches } from '../baselines/batch-writes.ts';
import { updateOneByOne } from '../baselines/single-writes.ts';
import { updateBlindly, updateByTransactions } from '../baselines/transactions.ts';
import { newCleanup } from '../cleanup.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { createByLedger, openWorld, updateByLedger } from '../ledger-world.ts';
import { newPhone, storedPatients } from '../patients.ts';
import { interleaved } from '../rounds.ts';
import { sizesOf } from './sizes.ts';

export const title = 'Updating by the ledger';
export const about =
  'Two fields of each record change. The ledger reads what it changes, to answer 404 and with the whole record; so does BatchGetItem + TransactWriteItems, and the blind one does not.';

/** The most that atomicity and the way back may cost over reading and changing the same records, by the size of the batch. */
const aims: Record<number, number> = { 100: 1.8, 500: 1.5 };

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of sizesOf(effort)) {
    const its = newCleanup();
    cleanup.later(its.now);
    const { ledger, documents, table } = await openWorld(its);
    const [ours, theirs] = [storedPatients('ledger', size), storedPatients('raw', size)];
    await createByLedger(ledger, ours);
    await createByBatches(documents, table, theirs);
    let round = 0;
    const phoneOf = (n: number) => newPhone(round, n);
    const at = () => new Date(Date.now() + round).toISOString();
    const prepare = async () => {
      round++;
    };
    const timings = await interleaved(
      {
        ledger: { prepare, run: () => updateByLedger(ledger, ours, phoneOf, at()) },
        'BatchGetItem + TransactWriteItems': {
          prepare,
          run: () => updateByTransactions(documents, table, theirs, phoneOf, at()),
        },
        'blind TransactWriteItems': {
          prepare,
          run: () => updateBlindly(documents, table, theirs, phoneOf, at()),
        },
        'UpdateItem one by one': {
          prepare,
          run: () => updateOneByOne(documents, table, theirs, phoneOf, at()),
        },
      },
      effort.roundsFor(size),
    );
    const compared = [
      'BatchGetItem + TransactWriteItems',
      'blind TransactWriteItems',
      'UpdateItem one by one',
    ] as const;
    for (const baseline of compared) {
      const aim = baseline === 'BatchGetItem + TransactWriteItems' ? aims[size] : undefined;
      figures.push(compare(`update ${size}`, timings, { ours: 'ledger', baseline, aim }));
    }
    await its.now();
  }
  return figures;
}
