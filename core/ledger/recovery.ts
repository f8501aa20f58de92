import { getAll } from '../dynamo/get-all.ts';
import { queryAll } from '../dynamo/query-all.ts';
import { invariant, present } from '../invariant.ts';
import { inParallel } from '../parallel.ts';
import type { Context } from './context.ts';
import { abort, commit, type Delta, forget, readHead } from './head.ts';
import {
  allListedIn,
  changesOf,
  documentOf,
  type HeadItem,
  idsOf,
  type ListedTransaction,
  listedIn,
  type ManifestItem,
  manifestFrom,
  manifestKey,
  manifestsPk,
  type RecordItem,
  recordFrom,
  recordKey,
  tenantOf,
} from './items.ts';
import { abortedManifest, newManifest } from './manifest-writes.ts';
import { type Snapshot, snapshotOf, visible } from './snapshot.ts';
import { beginningOf, idsSince } from './transaction-id.ts';
import { undone, undoOf } from './undo.ts';

/** Requests on single records in flight at a time. */
const recordsAtOnceMax = 16;

/** Transactions of one message that are recovered at a time. */
const transactionsAtOnceMax = 4;

/** `live`: undecided, and its owner may still commit it. */
export type Outcome = 'committed' | 'aborted' | 'live';

export interface Recovered {
  /** `unknown`: it has not begun, or never will, or nothing of it is left. */
  state: Outcome | 'unknown';
  /** Seconds after which `recover` must be called again; absent = nothing is left to do. */
  againIn?: number;
}

async function readManifest(
  context: Context,
  tenant: string,
  txId: string,
): Promise<ManifestItem | undefined> {
  const item = await context.store.get(context.manifests(), manifestKey(context.ledger, tenant, txId));
  return item && manifestFrom(item);
}

/**
 * Fences a transaction that has no manifest: its owner can no longer put one, and writes no record without
 * it.
 *
 * @returns the manifest that was there before, or nothing if the transaction is fenced now.
 */
export async function fence(
  context: Context,
  tenant: string,
  txId: string,
): Promise<ManifestItem | undefined> {
  const written = await context.store.put({
    ...newManifest(context, { ...manifestKey(context.ledger, tenant, txId), st: 'ABORTED' }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  return written.done || !written.item ? undefined : manifestFrom(written.item);
}

/**
 * Commits a ready transaction (`R`) for its owner. On AWS its TransactWriteItems reaches the items one by
 * one, so the proof that it is complete is to have seen every record with its stamp.
 *
 * @returns false if it is not complete yet, or was not committed.
 */
export async function finish(
  context: Context,
  tenant: string,
  { txId, stamp, state, delta }: ListedTransaction,
): Promise<boolean> {
  invariant(state === 'R', 'only a ready transaction is committed for its owner');
  const manifest = await readManifest(context, tenant, txId);
  if (manifest?.n !== stamp) return false;
  const ids = idsOf(manifest);
  const keys = ids.map((id) => recordKey(tenant, id));
  const records = (await getAll(context.store, context.records, keys, ['tx'])).all();
  if (records.length < ids.length || records.some((record) => record.tx !== stamp)) return false;
  const changes = JSON.parse(present(delta, 'a ready transaction keeps its changes of counters')) as Delta;
  return (await commit(context, { tenant, txId, stamp, delta: changes }, 'R')) === 'committed';
}

/**
 * Rolls a record back from an aborted version to the committed one, which every reader has seen all along.
 */
export async function rollBack(
  context: Pick<Context, 'records' | 'store'>,
  record: RecordItem,
): Promise<void> {
  const condition = {
    TableName: context.records,
    Key: { pk: record.pk, sk: record.sk },
    ConditionExpression: 'tx = :tx AND ver = :ver',
  };
  const seen = { ':tx': record.tx, ':ver': record.ver };
  if (record.c === record.tx) {
    await context.store.remove({ ...condition, ExpressionAttributeValues: seen });
    return;
  }
  const undo = present(undoOf(record), 'an undecided change keeps its undo');
  invariant(undo.tx !== record.tx, 'an undo restores another version');
  await context.store.update({
    ...condition,
    UpdateExpression: 'SET d = :d, tx = :before, ver = :next REMOVE #u, x',
    ExpressionAttributeNames: { '#u': 'u' },
    ExpressionAttributeValues: {
      ...seen,
      ':d': JSON.stringify(undone(documentOf(record), undo)),
      ':before': undo.tx,
      ':next': record.ver + 1,
    },
  });
}

/** Rolls back every version with this stamp on the given records. */
async function rollBackAll(context: Context, tenant: string, ids: string[], stamp: number): Promise<void> {
  const keys = ids.map((id) => recordKey(tenant, id));
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const found = await getAll(context.store, context.records, keys);
    const traces = found
      .all()
      .map(recordFrom)
      .filter((record) => record.tx === stamp);
    if (traces.length === 0) return;
    await inParallel(traces, recordsAtOnceMax, (record) => rollBack(context, record));
    await wait();
  }
}

/**
 * Removes the traces of a transaction that HEAD lists as aborted. Idempotent. Its entry must stay for the
 * grace period, since late requests of the owner may write new traces.
 */
export async function clear(context: Context, tenant: string, txId: string, stamp: number): Promise<void> {
  const manifest = (await readManifest(context, tenant, txId)) ?? (await fence(context, tenant, txId));
  // Without a manifest nothing was written. With another stamp in it, the entry is a late echo of `register`.
  if (manifest?.n !== stamp) return;
  await rollBackAll(context, tenant, idsOf(manifest), stamp);
  if (manifest.st !== 'ABORTED') await context.store.put(abortedManifest(context, manifest));
}

/**
 * Decides whether a transaction took effect. One that has not begun, or whose owner let its lease pass, is
 * aborted by the call, so that the caller may safely begin another attempt.
 */
export async function outcome(context: Context, tenant: string, txId: string): Promise<Outcome> {
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    // HEAD first: an entry disappears from it only after the manifest shows the outcome of the transaction.
    const head = await readHead(context, tenant);
    const manifest = await readManifest(context, tenant, txId);
    if (manifest?.st === 'ABORTED') return 'aborted';
    const listed = listedIn(head, txId);
    const isEcho = manifest !== undefined && manifest.n !== listed?.stamp;
    if (listed && !isEcho) {
      if (listed.state === 'A') return 'aborted';
      if (listed.state === 'R') return (await finish(context, tenant, listed)) ? 'committed' : 'live';
      if (listed.leaseEndMs > context.now()) return 'live';
      return abort(context, tenant, txId, listed.stamp);
    }
    if (manifest?.n !== undefined) {
      if (visible(manifest.n, snapshotOf(tenant, head))) return 'committed';
    } else if (!(await fence(context, tenant, txId))) return 'aborted';
    // It began between the two reads, or its TransactWriteItems is being applied: read both again.
    await wait();
  }
}

/** Manifests of the transactions with txIds from `least` to `greatest`, without the ids of their records. */
async function manifestsBetween(
  context: Context,
  tenant: string,
  between: [least: string, greatest: string],
): Promise<ManifestItem[]> {
  const pk = manifestsPk(context.ledger, tenant);
  const manifests: ManifestItem[] = [];
  for await (const item of queryAll(context.store, {
    table: context.manifests(),
    range: { pk, between },
    attributes: ['pk', 'sk', 'n', 'st', 'kinds', 'v'],
  }))
    manifests.push(manifestFrom(item));
  return manifests;
}

/**
 * Recovers a transaction and all that its tenant began up to `messageSpanMs` after it, as far as leases and
 * grace periods allow.
 *
 * @returns the state of the transaction that is named, and the seconds after which the earliest of them needs
 * another call.
 */
export async function recoverSince(context: Context, tenant: string, first: string): Promise<Recovered> {
  const between = idsSince(first, context.messageSpanMs);
  const [least, greatest] = between;
  // HEAD first: an entry disappears from it only after the manifest shows the outcome of the transaction.
  const head = await readHead(context, tenant);
  const listed = allListedIn(head).flatMap(({ txId }) => (txId >= least && txId <= greatest ? txId : []));
  const manifests = await manifestsBetween(context, tenant, between);
  const snapshot = snapshotOf(tenant, head);
  const states = new Map<string, Recovered>();
  for (const manifest of manifests) {
    const state = listed.includes(manifest.sk) ? 'overdue' : decidedState(context, manifest, snapshot);
    if (state !== 'overdue') states.set(manifest.sk, state);
  }
  const open = [...new Set([first, ...listed, ...manifests.map(({ sk }) => sk)])].filter(
    (txId) => !states.has(txId),
  );
  await inParallel(open, transactionsAtOnceMax, async (txId) => {
    states.set(txId, await recover(context, tenant, txId));
  });
  // A slow owner may begin as long as it lives, and is invisible until then: one more call when it is dead.
  const deadAt = beginningOf(first) + context.messageSpanMs + context.gracePeriodMs;
  const again = [...states.values()].flatMap(({ againIn }) => againIn ?? []);
  if (deadAt > context.now()) again.push(secondsUntil(context, deadAt));
  const { state } = present(states.get(first), 'the named transaction was recovered');
  return { state, ...(again.length > 0 ? { againIn: Math.min(...again) } : {}) };
}

/** Seconds until an instant, at least one. */
const secondsUntil = ({ now }: Pick<Context, 'now'>, instantMs: number): number =>
  Math.max(1, Math.ceil((instantMs - now()) / 1000));

/**
 * Recovers a transaction, as far as its lease and grace period allow: commits it if it is ready, aborts it if
 * its lease has ended, rolls it back if it is aborted, and purges the tombstones of a committed one.
 */
export async function recover(context: Context, tenant: string, txId: string): Promise<Recovered> {
  const head = await readHead(context, tenant);
  const listed = listedIn(head, txId);
  if (!listed) return recoverDecided(context, tenant, txId, head);
  const { stamp, state, leaseEndMs } = listed;
  if (state === 'R') {
    if (!(await finish(context, tenant, listed))) return { state: 'live', againIn: 5 };
    return recoverDecided(context, tenant, txId, await readHead(context, tenant));
  }
  let { abortedMs } = listed;
  if (state === 'P') {
    if (leaseEndMs > context.now())
      return { state: 'live', againIn: secondsUntil(context, leaseEndMs + 1000) };
    abortedMs = context.now();
    if ((await abort(context, tenant, txId, stamp)) === 'committed')
      return recoverDecided(context, tenant, txId, await readHead(context, tenant));
  }
  await clear(context, tenant, txId, stamp);
  // A late request of its owner may still arrive: a Lambda lives for 15 minutes, less than the grace period.
  const forgetMs = present(abortedMs, 'an aborted entry has its instant') + context.gracePeriodMs;
  if (forgetMs > context.now()) return { state: 'aborted', againIn: secondsUntil(context, forgetMs) };
  await forget(context, tenant, txId, stamp);
  // The entry may have been the late echo of a register, and the transaction itself committed long ago.
  return recoverDecided(context, tenant, txId, await readHead(context, tenant));
}

/** Recovers a transaction that HEAD does not list: it is committed, was rolled back, or never began. */
async function recoverDecided(
  context: Context,
  tenant: string,
  txId: string,
  head: HeadItem | undefined,
): Promise<Recovered> {
  const manifest = await readManifest(context, tenant, txId);
  const state = decidedState(
    context,
    manifest ?? manifestKey(context.ledger, tenant, txId),
    snapshotOf(tenant, head),
  );
  if (state !== 'overdue') return state;
  const { n: stamp, ...purged } = present(manifest, 'tombstones to purge are in a manifest');
  const deleted = changesOf(purged).filter(({ letter }) => letter === 'd');
  const keys = deleted.map(({ id }) => recordKey(tenant, id));
  // Several messages may stand for this transaction: a tombstone that is gone costs only the read.
  const found = await getAll(context.store, context.records, keys, []);
  const left = keys.filter((key) => found.get(key));
  await inParallel(left, recordsAtOnceMax, (Key) =>
    context.store.remove({
      TableName: context.records,
      Key,
      ConditionExpression: 'tx = :n AND x = :one',
      ExpressionAttributeValues: { ':n': stamp, ':one': 1 },
    }),
  );
  return { state: 'committed' };
}

/** The state by its manifest of a transaction that HEAD does not list; `overdue` for tombstones to purge. */
function decidedState(
  { now, gracePeriodMs, messageSpanMs }: Context,
  { sk: txId, st, n: stamp, kinds }: ManifestItem,
  snapshot: Snapshot,
): Recovered | 'overdue' {
  const laterOr = (state: Recovered['state'], instantMs: number): Recovered | undefined =>
    instantMs > now() ? { state, againIn: secondsUntil({ now }, instantMs) } : undefined;
  if (st === 'ABORTED') return { state: 'aborted' };
  // Its owner may be slow. It needs no fence: it may begin as long as it lives, and another call follows when
  // it is dead.
  if (stamp === undefined)
    return laterOr('unknown', beginningOf(txId) + gracePeriodMs) ?? { state: 'unknown' };
  if (!visible(stamp, snapshot)) return { state: 'live', againIn: 1 };
  if (!kinds?.includes('d')) return { state: 'committed' };
  // The owner lived for one grace period at most, so it committed by then; a reader's snapshot lives no
  // longer than another one. Rounded up, so that two calls serve all transactions of a message.
  const purgeMs = Math.ceil((beginningOf(txId) + 2 * gracePeriodMs) / messageSpanMs) * messageSpanMs;
  return laterOr('committed', purgeMs) ?? 'overdue';
}

/**
 * Resolves records of one tenant whose top version is the write intent of one undecided transaction.
 *
 * @returns `live` if its owner is still at work on it; otherwise the caller reads the records again.
 */
export async function resolveUndecided(
  context: Context,
  head: HeadItem,
  records: RecordItem[],
): Promise<'live' | 'resolved'> {
  const { pk, sk, tx: stamp } = present(records[0], 'there is a record to resolve');
  const tenant = tenantOf({ pk, sk });
  invariant(
    records.every((record) => record.pk === pk && record.tx === stamp),
    'all of them are of one tenant and transaction',
  );
  const listed = allListedIn(head).find((one) => one.stamp === stamp);
  // Not listed: a record of a TransactWriteItems can be seen before its HEAD.
  if (!listed) return 'live';
  if (listed.state === 'R') return (await finish(context, tenant, listed)) ? 'resolved' : 'live';
  if (listed.state === 'P') {
    if (listed.leaseEndMs > context.now()) return 'live';
    if ((await abort(context, tenant, listed.txId, stamp)) === 'committed') return 'resolved';
  }
  await inParallel(records, recordsAtOnceMax, (record) => rollBack(context, record));
  return 'resolved';
}
