import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../dynamo/store.ts';
import type { RecordItem } from './items.ts';

/** The way back to the previous version: the before-image of a write intent, reduced to what changed. */
export interface Undo {
  /** The stamp of the previous version. */
  tx: number;
  /** Attributes of the document to restore. */
  o?: Item;
  /** Names of attributes that the previous document did not have. */
  r?: string[];
}

/**
 * Compares two versions of a document by their top-level attributes. `undefined` counts as absent, as in
 * JSON.
 *
 * @returns the way back from `other`, the newer version, to `one`.
 */
export function undoBetween(one: object, other: object): Pick<Undo, 'o' | 'r'> {
  const [before, after]: [Item, Item] = [{ ...one }, { ...other }];
  const changed = Object.entries(before).filter(
    ([name, value]) => value !== undefined && !isDeepStrictEqual(value, after[name]),
  );
  const added = Object.keys(after).filter((name) => after[name] !== undefined && before[name] === undefined);
  const undo: Pick<Undo, 'o' | 'r'> = {};
  if (changed.length > 0) undo.o = Object.fromEntries(changed);
  if (added.length > 0) undo.r = added;
  return undo;
}

/**
 * The undo of a record; `undefined` if it has no previous version (it was just created), or if a rollback has
 * restored the previous one.
 */
export const undoOf = (record: RecordItem): Undo | undefined =>
  record.u === undefined ? undefined : (JSON.parse(record.u) as Undo);

/** The document before the last write. */
export function undone(document: Item, undo: Undo): Item {
  const before = { ...document, ...undo.o };
  for (const name of undo.r ?? []) delete before[name];
  return before;
}
