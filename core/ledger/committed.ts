import { type Context, readAll } from './context.ts';
import { Conflict } from './errors.ts';
import { readHeads } from './head.ts';
import { type HeadItem, type RecordItem, recordKey, tenantOf } from './items.ts';
import { settle } from './recovery.ts';
import { snapshotOf, visible } from './snapshot.ts';

export interface Committed {
  /** Deleted ones included: their versions matter to nobody, but their ids are not free. */
  records: RecordItem[];
  heads: Map<string, HeadItem | undefined>;
}

const pauseMin = 5;
const pauseMax = 60;

/**
 * Reads records whose newest version is committed: a batch may only be written over such versions, because then a record
 * has at most one version that may have to be taken back. Waits for live batches on the way, and clears up after dead ones.
 *
 * @throws Conflict if a live batch is still at work on one of them at `patienceEnd`.
 */
export async function readCommitted(
  context: Context,
  reads: { tenant: string; id: string }[],
  tenants: string[],
  patienceEnd: number,
): Promise<Committed> {
  const keys = reads.map(({ tenant, id }) => recordKey(tenant, id));
  const [heads, first] = await Promise.all([
    readHeads(context, tenants),
    readAll(context, context.records, keys),
  ]);
  const records: RecordItem[] = [];
  let open = first as unknown as RecordItem[];
  /** Moves what is visible in the HEADs known so far to the result. */
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
  for (let pause = pauseMin; open.length > 0; ) {
    // HEAD was read together with the records and may be older than they are.
    const behind = [...new Set(open.map(tenantOf))];
    for (const [tenant, head] of await readHeads(context, behind)) heads.set(tenant, head);
    sort();
    if (open.length === 0) break;
    const fates = await Promise.all(
      Object.values(Object.groupBy(open, (record) => `${record.pk} ${record.tx}`)).map((group) => {
        const tenant = tenantOf(group?.[0] as RecordItem);
        const head = heads.get(tenant);
        return head && group ? settle(context, tenant, head, group) : 'live';
      }),
    );
    if (fates.includes('live')) {
      if (context.clock.now() > patienceEnd)
        throw new Conflict('Another batch is at work on the same records');
      await context.pause(pause * (0.5 + context.random() / 2));
      pause = Math.min(2 * pause, pauseMax);
    }
    open = (await readAll(
      context,
      context.records,
      open.map(({ pk, sk }) => ({ pk, sk })),
    )) as unknown as RecordItem[];
  }
  return { records, heads };
}
