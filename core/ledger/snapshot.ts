import { documentOf, type HeadItem, type RecordItem } from './items.ts';
import { undone, undoOf } from './undo.ts';

/** One instant of a tenant, taken by one strongly consistent read of HEAD. */
export interface Snapshot {
  tenant: string;
  /** The number of batches committed before this instant. */
  seq: number;
  /** The last stamp handed out. */
  reg: number;
  /** The stamps at most `reg` that were not committed. */
  undecided: ReadonlySet<number>;
  /** By the names of the ledger's definition; and `op:create`, `op:update`, `op:delete`: records committed so. */
  counters: Record<string, number>;
}

/** The snapshot that a HEAD describes; a tenant without one has never written. */
export function snapshotOf(tenant: string, head: HeadItem | undefined): Snapshot {
  if (!head) return { tenant, seq: 0, reg: 0, undecided: new Set(), counters: {} };
  const counters: Record<string, number> = {};
  for (const [name, value] of Object.entries(head)) {
    if (name.startsWith('count:')) counters[name.slice('count:'.length)] = value as number;
    if (name.startsWith('op:')) counters[name] = value as number;
  }
  return { tenant, seq: head.seq, reg: head.reg, undecided: new Set(Object.values(head.gn)), counters };
}

/** Whether the version with this stamp was committed at this instant. Once true, it is true of every later instant. */
export const visible = (stamp: number, snapshot: Snapshot): boolean =>
  stamp <= snapshot.reg && !snapshot.undecided.has(stamp);

/** The record moved on by more than one version since the snapshot: take a new snapshot. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/**
 * The document as it was at the instant of the snapshot, from a record read at any time after it.
 *
 * A visible version is the newest of the snapshot, since it is the newest of all. An invisible one lies directly on the version
 * that `u` gives back; if that one is visible, it is the newest of the snapshot.
 *
 * @throws Overtaken if two versions or more were written since the snapshot.
 */
export function resolve<T>(record: RecordItem, snapshot: Snapshot): T | undefined {
  if (visible(record.tx, snapshot)) return record.x ? undefined : documentOf<T>(record);
  if (!visible(record.c, snapshot)) return undefined;
  const undo = undoOf(record);
  if (!undo || !visible(undo.tx, snapshot)) throw new Overtaken();
  return undone(documentOf(record), undo) as T;
}
