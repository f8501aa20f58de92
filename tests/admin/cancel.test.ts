import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { adminKind } from '../../functions/admin/batch/operation.ts';
import { recordKey } from '../../functions/admin/records/store.ts';
import { seeded } from '../core/batch/faults.ts';
import { Machine } from '../core/batch/machine.ts';
import { startTable } from '../core/batch/table.ts';
import { order, several } from './records.ts';

const table = await startTable();
process.env.ADMIN_TABLE = table.name;
afterAll(() => table.stop());

const ORDERS = 970;
const OPERATIONS = 1_000;
const ids = several(OPERATIONS, (id) => id);

async function storeOrders(): Promise<void> {
  for (let from = 0; from < ORDERS; from += 25)
    await table.store.putMany(
      table.name,
      ids.slice(from, Math.min(from + 25, ORDERS)).map((id) => ({
        ...recordKey('orders', 't', id),
        ...{ d: JSON.stringify(order(id, { notes: '' })), version: 1 },
      })),
    );
}

/** How often any order was changed so far. */
async function changes(): Promise<number> {
  let count = 0;
  for (let from = 0; from < ORDERS; from += 100) {
    const keys = ids.slice(from, Math.min(from + 100, ORDERS)).map((id) => recordKey('orders', 't', id));
    const { items } = await table.store.getMany(table.name, keys, ['version']);
    for (const { version } of items) count += Number(version) - 1;
  }
  return count;
}

test('canceled at any of 100 instants, a batch of 1,000 has changed as many orders as it says, and the numbers add up for ever', async () => {
  await storeOrders();
  const random = seeded(20_251_117);
  let longest = 400;
  let midway = 0;
  let before = 0;
  for (let run = 0; run < 100; run++) {
    const it: Machine = new Machine({
      ...{ table, seed: run, name: `cancel${run}`, doubled: 0.2, workers: 2 },
      kinds: () => ({ order_update: adminKind('order_update') }),
    });
    const { engine } = it.engine();
    await engine.open({
      ...{ id: 'c', kind: 'order_update', tenant: 't', user: 'u' },
      operations: ids.map((id) => ({ data: { id, data: { status: 'pending', notes: '.' } } })),
    });
    const began = performance.now();
    const working = it.drain().then(() => {
      longest = performance.now() - began;
    });
    await sleep(random() ** 2 * longest);
    const answer = await engine.cancel('c');
    await working;
    const after = await engine.read('c');
    if (answer?.canceled) expect(after).toEqual(answer.batch);
    const { succeeded = 0, failed = 0, canceled = 0, status } = after ?? {};
    expect(status).toBe(answer?.canceled ? 'canceled' : 'completed');
    expect(succeeded + failed + canceled).toBe(OPERATIONS);
    const changed = await changes();
    expect(changed - before).toBe(succeeded);
    before = changed;
    if (succeeded > 0 && canceled > 0) midway += 1;
  }
  // Otherwise the instants were not spread over the batch.
  expect(midway).toBeGreaterThan(30);
}, 180_000);
