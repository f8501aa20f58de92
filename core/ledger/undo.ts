import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../dynamo/store.ts';
import type { RecordItem } from './items.ts';

/** How to get back to the version before this one. */
export interface Undo {
  /** The stamp of the version before. */
  tx: number;
  /** Attributes of the document to set back. */
  o?: Item;
  /** Attributes of the document that were not there. */
  r?: string[];
}

/** How to get from a document back to the one before. `undefined` counts as absent, as in JSON. */
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

/** The undo of a record; `undefined` for one that has no version before (it was just created) or that nobody needs any more. */
export const undoOf = (record: RecordItem): Undo | undefined =>
  record.u === undefined ? undefined : (JSON.parse(record.u) as Undo);

/** The document as it was before the last write. */
export function undone(document: Item, undo: Undo): Item {
  const before = { ...document, ...undo.o };
  for (const name of undo.r ?? []) delete before[name];
  return before;
}
