import { documentOf, type HeadItem, type RecordItem } from './items.ts';
import { undone, undoOf } from './undo.ts';

/**
 * One instant of a tenant, taken by one strongly consistent read of HEAD. It is PostgreSQL's snapshot: the
 * last number drawn, and the list of transactions in progress.
 */
export interface Snapshot {
  tenant: string;
  /** The number of transactions committed before this instant. */
  seq: number;
  /** The last stamp drawn. */
  reg: number;
  /** The stamps of at most `reg` that were not committed. */
  undecided: ReadonlySet<number>;
  /**
   * Exact counters: by the names of the ledger's definition, and the numbers of records ever created, updated
   * and deleted as `op:create`, `op:update`, `op:delete`.
   */
  counters: Record<string, number>;
}

/** The snapshot that a HEAD describes. A tenant without HEAD has never written. */
export function snapshotOf(tenant: string, head: HeadItem | undefined): Snapshot {
  if (!head) return { tenant, seq: 0, reg: 0, undecided: new Set(), counters: {} };
  const counters: Record<string, number> = {};
  for (const [name, value] of Object.entries(head)) {
    if (name.startsWith('count:')) counters[name.slice('count:'.length)] = value as number;
    if (name.startsWith('op:')) counters[name] = value as number;
  }
  return { tenant, seq: head.seq, reg: head.reg, undecided: new Set(Object.values(head.gn)), counters };
}

/**
 * The rule of visibility: true if the version with this stamp was committed at this instant. Once true, it is
 * true of every later instant.
 */
export const visible = (stamp: number, snapshot: Snapshot): boolean =>
  stamp <= snapshot.reg && !snapshot.undecided.has(stamp);

/** The record moved on by more than one version since the snapshot. The reader takes a new snapshot. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/**
 * The document as it was at the instant of the snapshot, from a record read at any time after it.
 *
 * A visible version is the newest of the snapshot, since it is the newest of all. An invisible one lies
 * directly on the version that `u` restores; if that one is visible, it is the newest of the snapshot.
 *
 * @returns `undefined` if the snapshot has no such document.
 * @throws Overtaken if two versions or more were written since the snapshot.
 */
export function resolve<T>(record: RecordItem, snapshot: Snapshot): T | undefined {
  if (visible(record.tx, snapshot)) return record.x ? undefined : documentOf<T>(record);
  if (!visible(record.c, snapshot)) return undefined;
  const undo = undoOf(record);
  if (!undo || !visible(undo.tx, snapshot)) throw new Overtaken();
  return undone(documentOf(record), undo) as T;
}
