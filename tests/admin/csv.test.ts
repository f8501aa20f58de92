import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { isStorable, normalized } from '../../core/text.ts';
import { orderStatuses } from '../../functions/admin/records/codes.ts';
import { headerLine, idOfRow, lines, recordOfRow, rowsOf } from '../../functions/admin/records/csv.ts';
import { type Order, orders } from '../../functions/admin/records/order.ts';
import { fc } from '../properties.ts';
import { order } from './records.ts';

const nasty = fc.string({
  unit: fc.constantFrom(...'=+-@\t\r\n"\',; aé東🙂0'.split(''), '🙂', '1,50', '\r\n', "'="),
  maxLength: 30,
});
const storable = (severalLines: boolean) =>
  nasty.map(normalized).filter((text) => isStorable(text, severalLines));
const name = storable(false).filter((text) => text.trim() !== '');

const anyOrder: fc.Arbitrary<Order> = fc
  .record({
    ...{ address: storable(true), customer: name, service: name, status: fc.constantFrom(...orderStatuses) },
    ...{ professional: fc.option(name), price: fc.integer({ min: 0, max: 10_000_000 }) },
    scheduled: fc.option(fc.integer({ min: 0, max: 3_000_000_000 })),
  })
  .map(({ address, customer, service, status, professional, price, scheduled }) =>
    order(1, {
      ...{ address, status, total_price: (price / 100).toFixed(2), notes: '' },
      customer: { id: null, username: customer, email: '' },
      service: { id: null, name: service },
      professional: professional === null ? null : { id: null, username: professional },
      scheduled_date:
        scheduled === null
          ? null
          : `${new Date(Math.floor(scheduled / 60) * 60_000).toISOString().slice(0, 19)}Z`,
    }),
  );

test('whatever the texts of orders are, an independent reader gets them from the CSV, safe for spreadsheets, and we the orders', () => {
  fc.assert(
    fc.property(
      fc.array(anyOrder, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('pt-BR', 'en'),
      (some, language) => {
        const records = some.map((one, index) => ({ ...one, id: index + 1 }));
        const text = headerLine(orders) + lines(orders, records, language);
        const cells: string[][] = parse(text, { record_delimiter: '\r\n' });
        for (const [index, { address, total_price }] of records.entries()) {
          const cell = cells[index + 1]?.[8] ?? '';
          expect([address, `'${address}`]).toContain(cell);
          expect(cell).not.toMatch(/^[=+\-@\t\r]/);
          expect(cells[index + 1]?.[7]).toBe(total_price);
        }
        const { rows } = rowsOf(orders, text);
        expect(rows.map(idOfRow)).toEqual(records.map(({ id }) => id));
        const read = rows.map((row) => orders.row.parse(recordOfRow(orders, row, undefined)));
        expect(read).toEqual(records);
        expect(rows.map((row, index) => recordOfRow(orders, row, records[index]))).toEqual(records);
      },
    ),
    { numRuns: 500 },
  );
});
