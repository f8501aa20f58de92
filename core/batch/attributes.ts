import type { Item } from '../dynamo/store.ts';
import { invariant } from '../invariant.ts';

/** True if all these attributes are texts. */
export const areTexts = (item: Item, names: readonly string[]): boolean =>
  names.every((name) => typeof item[name] === 'string');

/** True for a whole number from 0. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Parses a list that is stored as JSON text. Its elements are not checked. */
export function listFrom<T>(text: string): T[] {
  const list: unknown = JSON.parse(text);
  invariant(Array.isArray(list), 'operations and outcomes are stored as lists');
  return list;
}
