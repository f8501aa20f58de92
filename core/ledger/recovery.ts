import { getAll } from '../dynamo/get-all.ts';
import { queryAll } from '../dynamo/query-all.ts';
import { inParallel } from '../parallel.ts';
import type { Context } from './context.ts';
import { abort, commit, type Delta, forget, readHead } from './head.ts';
import {
  documentOf,
  type HeadItem,
  idsOf,
  type ManifestItem,
  manifestFrom,
  manifestKey,
  type RecordItem,
  recordFrom,
  recordKey,
} from './items.ts';
import { type Snapshot, snapshotOf, visible } from './snapshot.ts';
import { beginningOf, idsSince } from './transaction-id.ts';
import { undone, undoOf } from './undo.ts';

/** Requests on single records in flight at a time. */
const recordsAtOnceMax = 16;

/** Batches of one message that are brought to their ends at a time. */
const transactionsAtOnceMax = 4;

export type Outcome = 'committed' | 'aborted' | 'live';

export interface Recovered {
  /** `unknown`: it has not begun (or never will, or everything about it is done and gone). */
  state: Outcome | 'unknown';
  /** Seconds after which `recover` wants to be called again; absent = nothing is left to do. */
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
 * Declares dead a batch that has no manifest: it can no longer write one, and without it no record.
 *
 * @returns the manifest that was there before, or nothing if the batch is now fenced off.
 */
export async function fence(
  context: Context,
  tenant: string,
  txId: string,
): Promise<ManifestItem | undefined> {
  const written = await context.store.put({
    TableName: context.manifests(),
    Item: { ...manifestKey(context.ledger, tenant, txId), st: 'ABORTED' },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  return written.done || !written.item ? undefined : manifestFrom(written.item);
}

/**
 * Commits a batch that one transaction wrote (`R`). On AWS such a transaction reaches its items one by one, so the proof
 * that all of it is there is to have seen every record with its stamp.
 */
export async function finish(
  context: Context,
  tenant: string,
  txId: string,
  head: HeadItem,
): Promise<boolean> {
  const n = head.gn[txId];
  const manifest = await readManifest(context, tenant, txId);
  if (n === undefined || manifest?.n !== n) return false;
  const ids = idsOf(manifest);
  const keys = ids.map((id) => recordKey(tenant, id));
  const records = (await getAll(context.store, context.records, keys, ['tx'])).all();
  if (records.length < ids.length || records.some((record) => record.tx !== n)) return false;
  const delta = JSON.parse(head.f[txId]?.dc ?? '{}') as Delta;
  return (await commit(context, { tenant, txId, n, delta }, 'R')) === 'committed';
}

/** Takes an aborted version off a record, whose value becomes the one every reader saw all along. */
async function rollBack(context: Context, record: RecordItem): Promise<void> {
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
  const undo = undoOf(record);
  if (!undo) return;
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

/** Takes every version with this stamp off the given records. */
async function sweepRecords(context: Context, tenant: string, ids: string[], n: number): Promise<void> {
  const keys = ids.map((id) => recordKey(tenant, id));
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const found = await getAll(context.store, context.records, keys);
    const traces = found
      .all()
      .map(recordFrom)
      .filter((record) => record.tx === n);
    if (traces.length === 0) return;
    await inParallel(traces, recordsAtOnceMax, (record) => rollBack(context, record));
    await wait();
  }
}

/** Removes the traces of a batch whose entry in HEAD says aborted. May be repeated; its entry must stay for the linger. */
export async function clear(context: Context, tenant: string, txId: string, n: number): Promise<void> {
  const manifest = (await readManifest(context, tenant, txId)) ?? (await fence(context, tenant, txId));
  // Without a manifest nothing was written; one with another stamp means that this entry is the late echo of a register.
  if (!manifest || manifest.n !== n) return;
  await sweepRecords(context, tenant, idsOf(manifest), n);
  if (manifest.st !== 'ABORTED')
    await context.store.put({ TableName: context.manifests(), Item: { ...manifest, st: 'ABORTED' } });
}

/**
 * Whether a batch took effect. One that has not begun, or whose owner let its lease pass, is aborted by asking,
 * so that the caller may safely begin another attempt.
 */
export async function outcome(context: Context, tenant: string, txId: string): Promise<Outcome> {
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    // HEAD first: an entry disappears from it only after the manifest tells what became of the batch.
    const head = await readHead(context, tenant);
    const manifest = await readManifest(context, tenant, txId);
    if (manifest?.st === 'ABORTED') return 'aborted';
    const entry = head?.f[txId];
    const n = head?.gn[txId];
    const echo = manifest !== undefined && manifest.n !== n;
    if (head && entry && n !== undefined && !echo) {
      if (entry.s === 'A') return 'aborted';
      if (entry.s === 'R' && (await finish(context, tenant, txId, head))) return 'committed';
      if (entry.s === 'R' || entry.exp > context.now()) return 'live';
      return abort(context, tenant, txId, n);
    }
    if (manifest?.n !== undefined) {
      if (visible(manifest.n, snapshotOf(tenant, head))) return 'committed';
    } else if (!(await fence(context, tenant, txId))) return 'aborted';
    // It began between the two reads, or its transaction is just being applied: look again.
    await wait();
  }
}

/** Manifests of the batches with ids from `least` to `greatest`, without the ids of their records. */
async function manifestsBetween(
  context: Context,
  tenant: string,
  between: [least: string, greatest: string],
): Promise<ManifestItem[]> {
  const { pk } = manifestKey(context.ledger, tenant, '');
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
 * Brings a batch, and all that its tenant began up to a span after it, to their ends, as far as time allows.
 *
 * @returns the state of the one that is named, and when the first of them wants to be called for again.
 */
export async function recoverSince(context: Context, tenant: string, first: string): Promise<Recovered> {
  const between = idsSince(first, context.messageSpanMs);
  const [least, greatest] = between;
  // HEAD first: an entry disappears from it only after the manifest tells what became of the batch.
  const head = await readHead(context, tenant);
  const listed = Object.keys(head?.f ?? {}).filter((txId) => txId >= least && txId <= greatest);
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
  // A slow owner may begin as long as it lives, unseen until then: this looks once more when it cannot.
  const deadAt = beginningOf(first) + context.messageSpanMs + context.gracePeriodMs;
  const again = [...states.values()].flatMap(({ againIn }) => againIn ?? []);
  if (deadAt > context.now()) again.push(secondsUntil(context, deadAt));
  const { state } = states.get(first) as Recovered;
  return { state, ...(again.length > 0 ? { againIn: Math.min(...again) } : {}) };
}

/** Seconds until an instant, at least one. */
const secondsUntil = ({ now }: Pick<Context, 'now'>, instantMs: number): number =>
  Math.max(1, Math.ceil((instantMs - now()) / 1000));

/**
 * Brings a batch to its end, as far as time allows: commits what is certain, aborts what is overdue, removes the traces of
 * what was aborted, and what a committed delete left for readers of older snapshots.
 */
export async function recover(context: Context, tenant: string, txId: string): Promise<Recovered> {
  const head = await readHead(context, tenant);
  const entry = head?.f[txId];
  const n = head?.gn[txId];
  if (!head || !entry || n === undefined) return recoverDecided(context, tenant, txId, head);
  if (entry.s === 'R') {
    if (!(await finish(context, tenant, txId, head))) return { state: 'live', againIn: 5 };
    return recoverDecided(context, tenant, txId, await readHead(context, tenant));
  }
  let abortedAt = entry.abt;
  if (entry.s === 'P') {
    if (entry.exp > context.now()) return { state: 'live', againIn: secondsUntil(context, entry.exp + 1000) };
    abortedAt = context.now();
    if ((await abort(context, tenant, txId, n)) === 'committed')
      return recoverDecided(context, tenant, txId, await readHead(context, tenant));
  }
  await clear(context, tenant, txId, n);
  // A request that its owner sent may still arrive. Its Lambda ends within 15 minutes; after the linger nothing can come.
  const forgetAt = (abortedAt ?? context.now()) + context.gracePeriodMs;
  if (forgetAt > context.now()) return { state: 'aborted', againIn: secondsUntil(context, forgetAt) };
  await forget(context, tenant, txId, n);
  // The entry may have been the late echo of a register, and the batch itself committed long ago.
  return recoverDecided(context, tenant, txId, await readHead(context, tenant));
}

/** A batch without an entry in HEAD: committed, cleared away, or never begun. */
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
  const n = manifest?.n;
  const deleted = idsOf(manifest as ManifestItem).filter((_, index) => manifest?.kinds?.[index] === 'd');
  const keys = deleted.map((id) => recordKey(tenant, id));
  // Several messages may stand for this batch: what is gone costs only a look.
  const found = await getAll(context.store, context.records, keys, []);
  const left = keys.filter((key) => found.get(key));
  await inParallel(left, recordsAtOnceMax, (Key) =>
    context.store.remove({
      TableName: context.records,
      Key,
      ConditionExpression: 'tx = :n AND x = :one',
      ExpressionAttributeValues: { ':n': n, ':one': 1 },
    }),
  );
  return { state: 'committed' };
}

/** What its manifest tells of a batch without an entry in HEAD; `overdue` if what it deleted is to be removed. */
function decidedState(
  { now, gracePeriodMs, messageSpanMs }: Context,
  { sk: txId, st, n, kinds }: ManifestItem,
  snapshot: Snapshot,
): Recovered | 'overdue' {
  const laterOr = (state: Recovered['state'], instant: number): Recovered | undefined =>
    instant > now() ? { state, againIn: secondsUntil({ now }, instant) } : undefined;
  if (st === 'ABORTED') return { state: 'aborted' };
  // Perhaps its owner is slow. It needs no fence: as long as it lives it may begin, and this looks again when it cannot.
  if (n === undefined) return laterOr('unknown', beginningOf(txId) + gracePeriodMs) ?? { state: 'unknown' };
  if (!visible(n, snapshot)) return { state: 'live', againIn: 1 };
  if (!kinds?.includes('d')) return { state: 'committed' };
  // The owner lived for a linger at most, so it committed by then; a reader's snapshot lives no longer than another one. Rounded up,
  // so that two calls serve all of a message.
  const purgeAt = Math.ceil((beginningOf(txId) + 2 * gracePeriodMs) / messageSpanMs) * messageSpanMs;
  return laterOr('committed', purgeAt) ?? 'overdue';
}

/**
 * Clears the way over a record whose version is not committed.
 *
 * @returns whether somebody is still at work on it; otherwise read the record again.
 */
export async function resolveUndecided(
  context: Context,
  tenant: string,
  head: HeadItem,
  records: RecordItem[],
): Promise<'live' | 'resolved'> {
  const n = records[0]?.tx;
  const txId = Object.keys(head.gn).find((name) => head.gn[name] === n);
  const entry = txId === undefined ? undefined : head.f[txId];
  // No entry: the record of a transaction can be seen before its HEAD.
  if (txId === undefined || n === undefined || !entry) return 'live';
  if (entry.s === 'R') return (await finish(context, tenant, txId, head)) ? 'resolved' : 'live';
  if (entry.s === 'P') {
    if (entry.exp > context.now()) return 'live';
    if ((await abort(context, tenant, txId, n)) === 'committed') return 'resolved';
  }
  await inParallel(records, recordsAtOnceMax, (record) => rollBack(context, record));
  return 'resolved';
}
