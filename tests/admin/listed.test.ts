import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, inject, test } from 'vitest';
import { packed, unpacked } from '../../functions/admin/records/document.ts';
import { runsOf } from '../../functions/admin/records/listed.ts';
import { recordKey } from '../../functions/admin/records/store.ts';
import { fc } from '../properties.ts';
import { rootClient } from '../root-client.ts';
import { tablesOf } from '../service/tables.ts';
import { administrator, colleague, everything, order, send, several, stored } from './records.ts';

test('a record comes back as it was stored, whatever its length and its texts are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 3_000 }), fc.integer(), (notes, id) => {
      expect(unpacked(packed({ id, notes }))).toEqual({ id, notes });
    }),
  );
  expect(packed({ notes: 'short' })).toBeTypeOf('string');
  expect(packed({ notes: 'long '.repeat(1_000) })).toBeInstanceOf(Uint8Array);
});

test('each record of a page is read once, and no run reads more than three others for one of its own', () => {
  const padded = (id: number) => String(id).padStart(16, '0');
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 100 }), (ids) => {
      const { runs, single } = runsOf(ids.map(padded));
      const inRuns = runs.flatMap(({ first, last }) =>
        ids.filter((id) => padded(id) >= first && padded(id) <= last),
      );
      expect([...inRuns.map(padded), ...single].toSorted()).toEqual(ids.map(padded).toSorted());
      for (const { first, last } of runs) {
        const its = inRuns.filter((id) => padded(id) >= first && padded(id) <= last);
        expect(its.length).toBeGreaterThanOrEqual(16);
        expect(Number(last) - Number(first) + 1).toBeLessThanOrEqual(4 * its.length);
      }
    }),
  );
  expect(runsOf(several(100, padded))).toEqual({
    runs: [{ first: padded(1), last: padded(100) }],
    single: [],
  });
});

test('records that were stored before documents left the indexes are exported and changed like others', async () => {
  const admin = await administrator();
  const all = several(30, (id) => order(id));
  await stored(admin, 'orders', all);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(rootClient(inject('awsEndpoint'))));
  const tables = tablesOf({ awsEndpoint: inject('awsEndpoint') });
  const TableName = await tables.nameOf('admin');
  for (const old of all.slice(10, 20)) {
    const time = `${old.created_at}#${String(old.id).padStart(16, '0')}`;
    const Item = {
      ...recordKey('orders', admin.tenantId, old.id),
      ...{ d: JSON.stringify(old), version: 1, time, facet: `${old.status}#${time}` },
    };
    await documents.send(new PutCommand({ TableName, Item }));
  }
  expect(await everything(admin, 'orders')).toEqual(all);
  const changed = await send(admin, 'POST', '/bulk/orders/update-status/', {
    ...{ order_ids: [15, 25], status: 'confirmed' },
  });
  expect(changed.body).toMatchObject({ success: true, updated_count: 2 });
  const confirmed = await send(await colleague(admin), 'GET', '/export/orders/?status=confirmed');
  expect(confirmed.body.results.map(({ id }: { id: number }) => id)).toEqual([15, 25]);
});

test('ids far apart, in another order than that of creation, are exported whole and in that order', async () => {
  const admin = await administrator();
  const ids = several(250, (n) => (n % 2 === 0 ? 9_000_000_000_000_000 - n * 977 : n));
  const all = ids.map((id, place) => order(place + 1, { id, notes: randomUUID().repeat(40) }));
  await stored(admin, 'orders', all);
  expect(await everything(admin, 'orders')).toEqual(all);
});
