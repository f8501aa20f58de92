import { getAll } from '../dynamo/get-all.ts';
import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import { readHeads } from './head.ts';
import { type HeadItem, type RecordItem, recordFrom, recordKey, tenantOf } from './items.ts';
import { resolveUndecided } from './recovery.ts';
import { snapshotOf, visible } from './snapshot.ts';

export interface Committed {
  /** Tombstones included: no decision sees them, but their ids stay taken. */
  records: RecordItem[];
  heads: Map<string, HeadItem | undefined>;
}

const firstPauseMs = 5;
const pauseMsMax = 60;

/**
 * Reads records whose newest version is committed: a write intent may only lie on such a version, because
 * then a record has at most one version that may have to be rolled back. Waits for live transactions on the
 * way, and finishes or rolls back those of dead owners.
 *
 * @param patienceEndMs milliseconds since the Unix epoch.
 * @throws Conflict if a live transaction is still at work on one of them at `patienceEndMs`.
 */
export async function readCommitted(
  context: Context,
  reads: { tenant: string; id: string }[],
  tenants: string[],
  patienceEndMs: number,
): Promise<Committed> {
  const keys = reads.map(({ tenant, id }) => recordKey(tenant, id));
  const [heads, first] = await Promise.all([
    readHeads(context, tenants),
    getAll(context.store, context.records, keys),
  ]);
  const records: RecordItem[] = [];
  let open = first.all().map(recordFrom);
  /** Moves the records that are visible in the HEADs known so far to the result. */
  const sort = () => {
    const snapshots = new Map([...heads].map(([tenant, head]) => [tenant, snapshotOf(tenant, head)]));
    const isOpen = (record: RecordItem) => {
      const snapshot = snapshots.get(tenantOf(record));
      return !snapshot || !visible(record.tx, snapshot);
    };
    records.push(...open.filter((record) => !isOpen(record)));
    open = open.filter(isOpen);
  };
  sort();
  // Ends at `patienceEndMs` while other transactions are live; that of a dead owner is resolved in one turn.
  for (let pauseMs = firstPauseMs; open.length > 0; ) {
    // HEAD was read at the same time as the records and may be older than they are.
    const behind = [...new Set(open.map(tenantOf))];
    for (const [tenant, head] of await readHeads(context, behind)) heads.set(tenant, head);
    sort();
    if (open.length === 0) break;
    const fates = await Promise.all(
      Object.values(Object.groupBy(open, (record) => `${record.pk} ${record.tx}`)).map((group = []) => {
        const head = group[0] && heads.get(tenantOf(group[0]));
        return head ? resolveUndecided(context, head, group) : 'live';
      }),
    );
    if (fates.includes('live')) {
      if (context.now() > patienceEndMs)
        throw new Conflict('Another transaction is at work on the same records');
      await context.pause(pauseMs * context.random());
      pauseMs = Math.min(2 * pauseMs, pauseMsMax);
    }
    const openKeys = open.map(({ pk, sk }) => ({ pk, sk }));
    open = (await getAll(context.store, context.records, openKeys)).all().map(recordFrom);
  }
  return { records, heads };
}
