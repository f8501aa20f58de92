import { request } from 'node:http';
import { parse } from 'csv-parse/sync';
import { beforeAll, expect, test } from 'vitest';
import type { Person } from '../people.ts';
import { administrator, colleague, order, several, stored } from './records.ts';

const COUNT = 10_000;
/** About 1.4 KB as JSON. */
const all = several(COUNT, (id) =>
  order(id, { notes: `${id} ${'nótes, "quoted"\n'.repeat(55)}`, address: `=1+${id}` }),
);

let admin: Person;
beforeAll(async () => {
  admin = await administrator();
  await stored(admin, 'orders', all);
}, 120_000);

/** The whole answer, and how much of it had come when its first part came. */
async function read(path: string): Promise<{ text: string; parts: number }> {
  const { token, url } = await colleague(admin);
  return await new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` };
    request(`${url}/api/v1/admin${path}`, { headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ text: Buffer.concat(parts).toString(), parts: parts.length }));
    })
      .on('error', reject)
      .end();
  });
}

test('10,000 orders come back whole as JSON', async () => {
  const { text } = await read('/export/orders/?limit=10000');
  expect(Buffer.byteLength(text)).toBeGreaterThan(13_000_000);
  const { count, has_more, results } = JSON.parse(text);
  expect([count, has_more]).toEqual([COUNT, false]);
  expect(results.map(({ status_display, ...one }: { status_display: string }) => one)).toEqual(all);
}, 60_000);

test('10,000 orders come back whole as CSV', async () => {
  const { text } = await read('/export/orders/?limit=10000&format=csv');
  const rows: Record<string, string>[] = parse(text, { columns: true });
  expect(rows.map(({ ID, Address }) => [Number(ID), Address])).toEqual(
    all.map(({ id }) => [id, `'=1+${id}`]),
  );
}, 60_000);

test('the last page of an export by offset is where it should be', async () => {
  const { text } = await read('/export/orders/?limit=1000&offset=9000');
  const { results, has_more, next_offset } = JSON.parse(text);
  expect([has_more, next_offset]).toEqual([false, null]);
  expect(results.map(({ id }: { id: number }) => id)).toEqual(all.slice(9_000).map(({ id }) => id));
});
