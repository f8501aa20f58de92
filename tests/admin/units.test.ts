import { expect, test } from 'vitest';
import { longOrders } from '../costs/records.ts';
import { countedEngine, type UnitsByTable } from '../service/counted-engine.ts';
import { ownService } from '../service/own.ts';
import { ended, send, several, stored } from './records.ts';

const count = 1_000;

const written = (units: UnitsByTable): number =>
  Object.values(units).reduce((sum, { write }) => sum + write, 0);

test('a thousand orders of 1.35 KB cost 4.1 write units each to import, and at most 5 to change by a batch', {
  timeout: 120_000,
}, async () => {
  const engine = await countedEngine();
  const own = await ownService({ engine: engine.url });
  const admin = await own.person({ role: 'admin' });
  const all = longOrders(count);
  const bytes = Buffer.byteLength(JSON.stringify(all)) / count;
  expect(Math.abs(bytes - 1_350)).toBeLessThan(25);

  const imported = await engine.consumedBy(() => stored(admin, 'orders', all));
  const changed = await engine.consumedBy(async () => {
    const operations = several(count, (id) => ({ resource_id: id, data: { status: 'confirmed' } }));
    const body = { operation_type: 'order_update', operations };
    const { body: submitted } = await send(admin, 'POST', '/async/submit/', body);
    expect((await ended(admin, submitted.batch_id)).body.progress.completed).toBe(count);
  });
  const exported = await engine.consumedBy(async () => {
    const { body } = await send(admin, 'GET', '/export/orders/?limit=10000');
    expect(body.results).toHaveLength(count);
  });

  expect(written(imported) / count).toBeLessThan(4.1);
  expect(written(changed) / count).toBeLessThan(5);
  // Neighbours are read by Query: 0.35 units each would be the whole documents, and 1 is a read by key.
  expect((exported.admin?.read ?? 0) / count).toBeLessThan(0.35);
});
