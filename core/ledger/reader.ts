import { queryAll } from '../dynamo/query-all.ts';
import type { Item } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { present } from '../invariant.ts';
import { chunksOf } from '../parallel.ts';
import type { Stored } from './change.ts';
import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import { readHead } from './head.ts';
import { headFrom, headKey, multiKey, registryPk } from './items.ts';
import { type Memo, memoOf } from './memo.ts';
import { Overtaken, type Snapshot, snapshotOf } from './snapshot.ts';
import { type View, viewOf } from './view.ts';

/**
 * A reader restarts with a new snapshot when records are written faster than it reads, up to this many times.
 */
const restartsMax = 100;
/** TransactGetItems takes 100 keys, and one of them is MULTI. */
const headsPerRead = 99;

const answersKept = 500;
const offsetsKept = 5_000;
/** A small part of the 1,024 MB that a function has. */
const answerBytesMax = 64 * 1024 * 1024;
const offsetBytesMax = 4 * 1024 * 1024;

/** The answers and places that a container remembers of one ledger. */
export interface Memory {
  answers: Memo;
  offsets: Memo;
}

export const newMemory = (): Memory => ({
  answers: memoOf(answersKept, answerBytesMax),
  offsets: memoOf(offsetsKept, offsetBytesMax),
});

export interface Answer<V> {
  value: V;
  /** True if the container's memory had it already. */
  cached: boolean;
}

/**
 * Answers a query about one tenant from its present snapshot.
 *
 * An answer is remembered for its `key` and is valid for exactly one `seq`, so none can be stale and none
 * needs to be invalidated. It is shared: neither the query nor the caller may change it. Without a key
 * nothing is remembered.
 *
 * @throws Conflict if records are written faster than the query reads.
 */
export async function readOne<T extends Stored, V>(
  context: Context,
  memory: Memory,
  tenant: string,
  key: string | undefined,
  query: (view: View<T>) => Promise<V>,
): Promise<Answer<V>> {
  return ask(
    memory,
    key === undefined ? undefined : `${tenant} ${key}`,
    async () => [snapshotOf(tenant, await readHead(context, tenant))],
    async ([snapshot]) =>
      query(viewOf(context, present(snapshot, 'one tenant has one snapshot'), memory.offsets)),
  );
}

/**
 * `readOne` over several tenants, all at one instant: a transaction over several of them is seen completely
 * or not at all.
 */
export async function readMany<T extends Stored, V>(
  context: Context,
  memory: Memory,
  tenants: string[] | 'all',
  key: string,
  query: (views: View<T>[]) => Promise<V>,
): Promise<Answer<V>> {
  const scope = tenants === 'all' ? '*' : JSON.stringify(tenants);
  return ask(
    memory,
    `${scope} ${key}`,
    () => snapshotsOf(context, tenants),
    (snapshots) => query(snapshots.map((snapshot) => viewOf<T>(context, snapshot, memory.offsets))),
  );
}

async function ask<V>(
  memory: Memory,
  key: string | undefined,
  take: () => Promise<Snapshot[]>,
  query: (snapshots: Snapshot[]) => Promise<V>,
): Promise<Answer<V>> {
  for (let restarts = 0; restarts < restartsMax; restarts++) {
    const snapshots = await take();
    const version = snapshots.map(({ tenant, seq }) => `${tenant} ${seq}`).join('\n');
    const known = key === undefined ? undefined : memory.answers.recall(key, version);
    if (known) return { value: known.value as V, cached: true };
    try {
      const value = await query(snapshots);
      if (key !== undefined) memory.answers.keep(key, version, value);
      return { value, cached: false };
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }
  throw new Conflict('The records are written faster than they can be read');
}

/** Every tenant that ever wrote. */
export async function registeredTenants(context: Context): Promise<string[]> {
  const tenants: string[] = [];
  const range = { pk: registryPk };
  for await (const { sk } of queryAll(context.store, { table: context.records, range }))
    tenants.push(String(sk));
  return tenants;
}

/**
 * Snapshots of many tenants that show each transaction over several tenants in all of them or in none. The
 * commit of such a transaction moves MULTI together with its HEADs, so if MULTI is the same in every part of
 * the reading (and before the registry was read), the reading has no half of one.
 */
export async function snapshotsOf(context: Context, tenants: string[] | 'all'): Promise<Snapshot[]> {
  // No commit over several tenants has happened before the item exists.
  const multiSeq = (item: Item = {}) => {
    assertVersion(item, 'count of commits');
    return Number(item.seq ?? 0);
  };
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const seen = new Set<number>();
    let list = tenants;
    if (list === 'all') {
      seen.add(multiSeq(await context.store.get(context.records, multiKey)));
      list = await registeredTenants(context);
    }
    const parts = await Promise.all(
      chunksOf(list, headsPerRead).map(async (chunk) => {
        const [multi, ...heads] = await context.store.getTogether(context.records, [
          multiKey,
          ...chunk.map(headKey),
        ]);
        seen.add(multiSeq(multi));
        return chunk.map((tenant, index) => snapshotOf(tenant, heads[index] && headFrom(heads[index])));
      }),
    );
    if (seen.size <= 1) return parts.flat();
    await wait();
  }
}
