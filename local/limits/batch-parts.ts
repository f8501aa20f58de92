import type { AttributeMap } from '../dynamodb/attribute-value.ts';
import { type TableShape, tableNamed } from '../dynamodb/table-shape.ts';
import { type BatchedWrite, type ItemRequest, type Touch, touchOf } from './touches.ts';

/** A part of a batch: a write, or a key that is read with the other settings of its table's request. */
interface BatchPart {
  readonly table: string;
  readonly touch: Touch | undefined;
  readonly request: unknown;
  /** The other settings of a BatchGetItem for this table. */
  readonly settings?: object;
}

/** The writes of a BatchWriteItem. */
export const batchedWrites = (
  { RequestItems = {} }: ItemRequest,
  tables: readonly TableShape[],
): BatchPart[] =>
  Object.entries(RequestItems as Readonly<Record<string, readonly BatchedWrite[]>>).flatMap(
    ([name, writes]) => {
      const table = tableNamed(tables, name);
      return writes.map((request) => {
        const [kind = '', action = {}] = Object.entries(request)[0] ?? [];
        return { table: name, touch: table && touchOf(table, kind, action), request };
      });
    },
  );

/** The keys of a BatchGetItem. */
export const batchedReads = (
  { RequestItems = {} }: ItemRequest,
  tables: readonly TableShape[],
): BatchPart[] =>
  Object.entries(
    RequestItems as Readonly<Record<string, { readonly Keys?: readonly AttributeMap[] }>>,
  ).flatMap(([name, { Keys = [], ...settings }]) => {
    const table = tableNamed(tables, name);
    return Keys.map((Key) => ({
      table: name,
      touch: table && touchOf(table, 'Get', { Key }),
      request: Key,
      settings,
    }));
  });

/** The parts of a batch as `RequestItems` has them. */
export function together(parts: readonly BatchPart[]): Record<string, unknown> {
  const byTable = Object.groupBy(parts, ({ table }) => table);
  return Object.fromEntries(
    Object.entries(byTable).map(([name, its = []]) => {
      const requests = its.map(({ request }) => request);
      const settings = its[0]?.settings;
      return [name, settings ? { ...settings, Keys: requests } : requests];
    }),
  );
}

/** What was left of one table by the limits, and by the engine. */
export function joined(left: unknown, more: unknown): unknown {
  if (left === undefined) return more;
  if (Array.isArray(left)) return [...left, ...(more as unknown[])];
  const [one, other] = [left, more] as { Keys: unknown[] }[];
  return { ...one, Keys: [...(one?.Keys ?? []), ...(other?.Keys ?? [])] };
}
