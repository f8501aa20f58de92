import * as z from 'zod';
import { invariant } from '../invariant.ts';
import type { Item } from './store.ts';

/**
 * Asserts that an item has a version of its shape that this code can read. The attribute `v` is absent in
 * version 1, so that no item pays for it before there is a second version.
 *
 * @param kind names the items in the error, such as `record of the ledger`.
 * @throws BrokenInvariant for an item that newer code wrote, before any of it is guessed.
 */
export function assertVersion(item: Item, kind: string, newest = 1): void {
  const { v = 1 } = item;
  invariant(
    typeof v === 'number' && Number.isInteger(v) && v >= 1 && v <= newest,
    `a ${kind} has version ${String(v)}, and this code reads versions up to ${newest}`,
  );
}

/** The same rule as a field `v` of a schema with which an item is parsed. */
export const itemVersion = z.literal(1).optional();
