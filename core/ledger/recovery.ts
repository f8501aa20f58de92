import type { Clock } from '../clock.ts';
import { itemsOf } from '../dynamo/items-of.ts';
import type { Item, Key } from '../dynamo/store.ts';
import { type Context, inParallel, readAll } from './context.ts';
import { abort, type Delta, flip, forget, readHead } from './head.ts';
import {
  documentOf,
  type HeadItem,
  idsOf,
  type ManifestItem,
  manifestKey,
  type RecordItem,
  recordKey,
} from './items.ts';
import { type Snapshot, snapshotOf, visible } from './snapshot.ts';
import { beginningOf, idsSince } from './transaction-id.ts';
import { undone, undoOf } from './undo.ts';

/** Requests on single records in flight at a time. */
const width = 16;

/** Batches of one message that are brought to their ends at a time. */
const batchesAtOnce = 4;

export type Outcome = 'committed' | 'aborted' | 'live';

export interface Recovered {
  /** `unknown`: it has not begun (or never will, or everything about it is done and gone). */
  state: Outcome | 'unknown';
  /** Seconds after which `recover` wants to be called again; absent = nothing is left to do. */
  againIn?: number;
}

const readManifest = async (
  context: Context,
  tenant: string,
  batch: string,
): Promise<ManifestItem | undefined> =>
  (await context.store.get(context.manifests(), manifestKey(context.ledger, tenant, batch))) as
    | ManifestItem
    | undefined;

/**
 * Declares dead a batch that has no manifest: it can no longer write one, and without it no record.
 *
 * @returns the manifest that was there before, or nothing if the batch is now fenced off.
 */
export async function fence(
  context: Context,
  tenant: string,
  batch: string,
): Promise<ManifestItem | undefined> {
  const written = await context.store.put({
    TableName: context.manifests(),
    Item: { ...manifestKey(context.ledger, tenant, batch), st: 'ABORTED' },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  return written.done ? undefined : (written.item as ManifestItem | undefined);
}

/**
 * Commits a batch that one transaction wrote (`R`). On AWS such a transaction reaches its items one by one, so the proof
 * that all of it is there is to have seen every record with its stamp.
 */
export async function finish(
  context: Context,
  tenant: string,
  batch: string,
  head: HeadItem,
): Promise<boolean> {
  const n = head.gn[batch];
  const manifest = await readManifest(context, tenant, batch);
  if (n === undefined || manifest?.n !== n) return false;
  const ids = idsOf(manifest);
  const keys = ids.map((id) => recordKey(tenant, id));
  const records = (await readAll(context, context.records, keys, ['tx'])) as Pick<RecordItem, 'tx'>[];
  if (records.length < ids.length || records.some((record) => record.tx !== n)) return false;
  const delta = JSON.parse(head.f[batch]?.dc ?? '{}') as Delta;
  return (await flip(context, { tenant, batch, n, delta }, 'R')) === 'committed';
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
  for (;;) {
    const records = (await readAll(context, context.records, keys)) as unknown as RecordItem[];
    const traces = records.filter((record) => record.tx === n);
    if (traces.length === 0) return;
    await inParallel(traces, width, (record) => rollBack(context, record));
  }
}

/** Removes the traces of a batch whose entry in HEAD says aborted. May be repeated; its entry must stay for the linger. */
export async function clear(context: Context, tenant: string, batch: string, n: number): Promise<void> {
  const manifest = (await readManifest(context, tenant, batch)) ?? (await fence(context, tenant, batch));
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
export async function outcome(context: Context, tenant: string, batch: string): Promise<Outcome> {
  for (;;) {
    // HEAD first: an entry disappears from it only after the manifest tells what became of the batch.
    const head = await readHead(context, tenant);
    const manifest = await readManifest(context, tenant, batch);
    if (manifest?.st === 'ABORTED') return 'aborted';
    const entry = head?.f[batch];
    const n = head?.gn[batch];
    const echo = manifest !== undefined && manifest.n !== n;
    if (head && entry && n !== undefined && !echo) {
      if (entry.s === 'A') return 'aborted';
      if (entry.s === 'R' && (await finish(context, tenant, batch, head))) return 'committed';
      if (entry.s === 'R' || entry.exp > context.clock.now()) return 'live';
      return abort(context, tenant, batch, n);
    }
    if (manifest?.n !== undefined) {
      if (visible(manifest.n, snapshotOf(tenant, head))) return 'committed';
    } else if (!(await fence(context, tenant, batch))) return 'aborted';
    // It began between the two reads, or its transaction is just being applied: look again.
    await context.pause(5 + 10 * context.random());
  }
}

/** Manifests of the batches with ids from `least` to `greatest`, without the ids of their records. */
async function manifestsBetween(
  context: Context,
  tenant: string,
  [least, greatest]: [string, string],
): Promise<ManifestItem[]> {
  const { pk } = manifestKey(context.ledger, tenant, '');
  const manifests: Item[] = [];
  for await (const item of itemsOf(context.store, {
    TableName: context.manifests(),
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :least AND :greatest',
    ExpressionAttributeValues: { ':pk': pk, ':least': least, ':greatest': greatest },
    ProjectionExpression: 'pk, sk, n, st, kinds',
  }))
    manifests.push(item);
  return manifests as unknown as ManifestItem[];
}

/**
 * Brings a batch, and all that its tenant began up to a span after it, to their ends, as far as time allows.
 *
 * @returns the state of the one that is named, and when the first of them wants to be called for again.
 */
export async function recoverSince(context: Context, tenant: string, first: string): Promise<Recovered> {
  const between = idsSince(first, context.span);
  const [least, greatest] = between;
  // HEAD first: an entry disappears from it only after the manifest tells what became of the batch.
  const head = await readHead(context, tenant);
  const listed = Object.keys(head?.f ?? {}).filter((batch) => batch >= least && batch <= greatest);
  const manifests = await manifestsBetween(context, tenant, between);
  const snapshot = snapshotOf(tenant, head);
  const states = new Map<string, Recovered>();
  for (const manifest of manifests) {
    const state = listed.includes(manifest.sk) ? 'overdue' : decidedState(context, manifest, snapshot);
    if (state !== 'overdue') states.set(manifest.sk, state);
  }
  const open = [...new Set([first, ...listed, ...manifests.map(({ sk }) => sk)])].filter(
    (batch) => !states.has(batch),
  );
  await inParallel(open, batchesAtOnce, async (batch) => {
    states.set(batch, await recover(context, tenant, batch));
  });
  // A slow owner may begin as long as it lives, unseen until then: this looks once more when it cannot.
  const deadAt = beginningOf(first) + context.span + context.linger;
  const again = [...states.values()].flatMap(({ againIn }) => againIn ?? []);
  if (deadAt > context.clock.now()) again.push(secondsUntil(context.clock, deadAt));
  const { state } = states.get(first) as Recovered;
  return { state, ...(again.length > 0 ? { againIn: Math.min(...again) } : {}) };
}

/** Seconds until an instant, at least one. */
const secondsUntil = (clock: Clock, instant: number): number =>
  Math.max(1, Math.ceil((instant - clock.now()) / 1000));

/**
 * Brings a batch to its end, as far as time allows: commits what is certain, aborts what is overdue, removes the traces of
 * what was aborted, and what a committed delete left for readers of older snapshots.
 */
export async function recover(context: Context, tenant: string, batch: string): Promise<Recovered> {
  const head = await readHead(context, tenant);
  const entry = head?.f[batch];
  const n = head?.gn[batch];
  if (!head || !entry || n === undefined) return recoverDecided(context, tenant, batch, head);
  if (entry.s === 'R') {
    if (!(await finish(context, tenant, batch, head))) return { state: 'live', againIn: 5 };
    return recoverDecided(context, tenant, batch, await readHead(context, tenant));
  }
  let abortedAt = entry.abt;
  if (entry.s === 'P') {
    if (entry.exp > context.clock.now())
      return { state: 'live', againIn: secondsUntil(context.clock, entry.exp + 1000) };
    abortedAt = context.clock.now();
    if ((await abort(context, tenant, batch, n)) === 'committed')
      return recoverDecided(context, tenant, batch, await readHead(context, tenant));
  }
  await clear(context, tenant, batch, n);
  // A request that its owner sent may still arrive. Its Lambda ends within 15 minutes; after the linger nothing can come.
  const forgetAt = (abortedAt ?? context.clock.now()) + context.linger;
  if (forgetAt > context.clock.now())
    return { state: 'aborted', againIn: secondsUntil(context.clock, forgetAt) };
  await forget(context, tenant, batch, n);
  // The entry may have been the late echo of a register, and the batch itself committed long ago.
  return recoverDecided(context, tenant, batch, await readHead(context, tenant));
}

/** A batch without an entry in HEAD: committed, cleared away, or never begun. */
async function recoverDecided(
  context: Context,
  tenant: string,
  batch: string,
  head: HeadItem | undefined,
): Promise<Recovered> {
  const manifest = await readManifest(context, tenant, batch);
  const state = decidedState(
    context,
    manifest ?? manifestKey(context.ledger, tenant, batch),
    snapshotOf(tenant, head),
  );
  if (state !== 'overdue') return state;
  const n = manifest?.n;
  const deleted = idsOf(manifest as ManifestItem).filter((_, index) => manifest?.kinds?.[index] === 'd');
  const keys = deleted.map((id) => recordKey(tenant, id));
  // Several messages may stand for this batch: what is gone costs only a look.
  const left = (await readAll(context, context.records, keys, ['pk', 'sk'])) as unknown as Key[];
  await inParallel(left, width, (Key) =>
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
  { clock, linger, span }: Context,
  { sk: batch, st, n, kinds }: ManifestItem,
  snapshot: Snapshot,
): Recovered | 'overdue' {
  const laterOr = (state: Recovered['state'], instant: number): Recovered | undefined =>
    instant > clock.now() ? { state, againIn: secondsUntil(clock, instant) } : undefined;
  if (st === 'ABORTED') return { state: 'aborted' };
  // Perhaps its owner is slow. It needs no fence: as long as it lives it may begin, and this looks again when it cannot.
  if (n === undefined) return laterOr('unknown', beginningOf(batch) + linger) ?? { state: 'unknown' };
  if (!visible(n, snapshot)) return { state: 'live', againIn: 1 };
  if (!kinds?.includes('d')) return { state: 'committed' };
  // The owner lived for a linger at most, so it committed by then; a reader's snapshot lives no longer than another one. Rounded up,
  // so that two calls serve all of a message.
  const purgeAt = Math.ceil((beginningOf(batch) + 2 * linger) / span) * span;
  return laterOr('committed', purgeAt) ?? 'overdue';
}

/**
 * Clears the way over a record whose version is not committed.
 *
 * @returns whether somebody is still at work on it; otherwise read the record again.
 */
export async function settle(
  context: Context,
  tenant: string,
  head: HeadItem,
  records: RecordItem[],
): Promise<'live' | 'settled'> {
  const n = records[0]?.tx;
  const batch = Object.keys(head.gn).find((name) => head.gn[name] === n);
  const entry = batch === undefined ? undefined : head.f[batch];
  // No entry: the record of a transaction can be seen before its HEAD.
  if (batch === undefined || n === undefined || !entry) return 'live';
  if (entry.s === 'R') return (await finish(context, tenant, batch, head)) ? 'settled' : 'live';
  if (entry.s === 'P') {
    if (entry.exp > context.clock.now()) return 'live';
    if ((await abort(context, tenant, batch, n)) === 'committed') return 'settled';
  }
  await inParallel(records, width, (record) => rollBack(context, record));
  return 'settled';
}
