import { timestamp } from '../clock.ts';
import type { Action, Item } from '../dynamo/store.ts';
import { transactAgain } from '../dynamo/transact-again.ts';
import { invariant, present } from '../invariant.ts';
import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import {
  type Entry,
  type HeadItem,
  headFrom,
  headKey,
  listedIn,
  multiKey,
  tenantKey,
  undecidedTransactionsMax,
} from './items.ts';

/** Changes of counters, by HEAD's attribute name. */
export type Delta = Record<string, number>;

/** The part of a transaction in one tenant. */
export interface Part {
  tenant: string;
  txId: string;
  /** Its stamp in this tenant. */
  stamp: number;
  delta: Delta;
  /** Size of its partition in GB, if a write told it. */
  partitionGb?: number | undefined;
}

/** One strongly consistent read of HEAD. `undefined`: the tenant has never written. */
export async function readHead(context: Context, tenant: string): Promise<HeadItem | undefined> {
  const item = await context.store.get(context.records, headKey(tenant));
  return item && headFrom(item);
}

export const readHeads = async (
  context: Context,
  tenants: string[],
): Promise<Map<string, HeadItem | undefined>> =>
  new Map(
    await Promise.all(tenants.map(async (tenant) => [tenant, await readHead(context, tenant)] as const)),
  );

/** The first write of a tenant: its empty HEAD, and its line in the registry of tenants. */
export async function openTenant(context: Context, tenant: string): Promise<HeadItem> {
  const TableName = context.records;
  const head: HeadItem = { ...headKey(tenant), reg: 0, seq: 0, f: {}, gn: {} };
  const ConditionExpression = 'attribute_not_exists(pk)';
  const line = { ...tenantKey(tenant), at: timestamp(context.now()) };
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const reply = await transactAgain(context.store, [
      { Put: { TableName, Item: head, ConditionExpression } },
      { Put: { TableName, Item: line } },
    ]);
    if (reply.done) return head;
    // Another writer was first. Nothing may be written before the registry has the tenant, or a reader of all
    // tenants would miss it.
    const [found, registered] = await Promise.all([
      readHead(context, tenant),
      context.store.get(TableName, tenantKey(tenant)),
    ]);
    if (found && registered) return found;
    await wait();
  }
}

/** The entry of a transaction in HEAD, with a lease from now. */
export const newEntry = (context: Context, s: 'P' | 'R', delta?: Delta): Entry => ({
  s,
  exp: context.now() + context.leaseMs,
  ...(delta && { dc: JSON.stringify(delta) }),
});

/**
 * Draws a stamp for a transaction that is going to write its records one by one. It is idempotent: a second
 * call finds the stamp that was drawn.
 *
 * @throws Conflict if too many transactions of the tenant are undecided.
 */
export async function register(context: Context, tenant: string, txId: string): Promise<number> {
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const written = await context.store.update({
      TableName: context.records,
      Key: headKey(tenant),
      UpdateExpression: 'SET reg = reg + :one, gn.#b = reg + :one, f.#b = :entry',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(f.#b) AND size(gn) < :max',
      ExpressionAttributeNames: { '#b': txId },
      ExpressionAttributeValues: {
        ':one': 1,
        ':entry': newEntry(context, 'P'),
        ':max': undecidedTransactionsMax,
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const head = written.item && headFrom(written.item);
    const stamp = head?.gn[txId];
    if (head && stamp !== undefined) {
      invariant(0 < stamp && stamp <= head.reg, 'a stamp is drawn by raising reg to it');
      return stamp;
    }
    if (head) throw tooBusy(tenant);
    await openTenant(context, tenant);
    await wait();
  }
}

export const tooBusy = (tenant: string): Conflict =>
  new Conflict(`${undecidedTransactionsMax} transactions of tenant ${tenant} are undecided`);

/**
 * Size in GB from which a partition counts as almost full. DynamoDB refuses whatever lets it grow beyond 10
 * GB (developer guide, "Item collections"); the rest is for deletions and changes, which need room before
 * they make any.
 */
const almostFullGb = 9;

/**
 * Time for which an almost full partition takes no new records. Then a small transaction may try, and so
 * finds out whether removals, which are no commits, have made room meanwhile.
 */
const almostFullMs = 10 * 60_000;

/**
 * Whether the tenant's partition is almost full, or was ten minutes ago.
 *
 * @param now milliseconds since the epoch.
 */
export function fullnessOf(head: HeadItem | undefined, now: number): 'full' | 'probably full' | 'not full' {
  if (head?.full === undefined) return 'not full';
  return now - head.full < almostFullMs ? 'full' : 'probably full';
}

/** The part of a commit that notes whether the partition is almost full. */
function fullness({ partitionGb }: Part, now: number) {
  if (partitionGb === undefined) return { set: '', remove: '', values: {} };
  if (partitionGb < almostFullGb) return { set: '', remove: ', #full', values: {} };
  return { set: ', #full = :full', remove: '', values: { ':full': now } };
}

/** The update of HEAD that commits a transaction; `seq` and the counters move in the same instant. */
function commitUpdate(context: Context, part: Part, state: 'P' | 'R') {
  const names: Record<string, string> = { '#b': part.txId };
  const full = fullness(part, context.now());
  const values: Record<string, unknown> = { ':one': 1, ':state': state, ':n': part.stamp, ...full.values };
  if (part.partitionGb !== undefined) names['#full'] = 'full';
  const additions = Object.entries(part.delta).map(([name, change], index) => {
    names[`#c${index}`] = name;
    values[`:c${index}`] = change;
    return `#c${index} :c${index}`;
  });
  return {
    TableName: context.records,
    Key: headKey(part.tenant),
    UpdateExpression: `SET seq = seq + :one${full.set} REMOVE f.#b, gn.#b${full.remove}${additions.length > 0 ? ` ADD ${additions.join(', ')}` : ''}`,
    ConditionExpression: 'f.#b.s = :state AND gn.#b = :n',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

/**
 * The state of a transaction in the HEAD that refused a write. An aborted entry stays for the grace period,
 * so an entry that is gone was committed. Another stamp under the same txId is a late echo of `register`.
 */
function stateIn(item: Item | undefined, { txId, stamp }: Pick<Part, 'txId' | 'stamp'>) {
  const head = headFrom(present(item, 'a HEAD in which a stamp was drawn is never removed'));
  invariant(stamp <= head.reg, 'the stamp of a transaction was drawn from its HEAD');
  const listed = listedIn(head, txId);
  if (listed?.stamp !== stamp) return 'committed';
  return listed.state === 'A' ? 'aborted' : 'undecided';
}

/**
 * The commit of a transaction: one conditional write of one item. Before it no reader sees any of the
 * records, and after it every reader sees all of them.
 */
export async function commit(
  context: Context,
  part: Part,
  state: 'P' | 'R',
): Promise<'committed' | 'aborted'> {
  const written = await context.store.update(commitUpdate(context, part, state));
  if (written.done) return 'committed';
  return stateIn(written.item, part) === 'committed' ? 'committed' : 'aborted';
}

/** The commit over several tenants: one TransactWriteItems of all their HEADs, counted by MULTI. */
export async function commitTogether(context: Context, parts: Part[]): Promise<'committed' | 'aborted'> {
  const actions: Action[] = parts.map((part) => ({ Update: commitUpdate(context, part, 'P') }));
  actions.push({
    Update: {
      TableName: context.records,
      Key: multiKey,
      UpdateExpression: 'ADD seq :one',
      ExpressionAttributeValues: { ':one': 1 },
    },
  });
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const reply = await transactAgain(context.store, actions);
    if (reply.done) return 'committed';
    const fates = parts.map((part, index) => {
      const reason = reply.reasons[index];
      return reason?.failed ? stateIn(reason.item, part) : 'undecided';
    });
    if (fates.includes('aborted')) return 'aborted';
    // An earlier sending, whose answer was lost, took effect; it is over when it has reached every HEAD.
    if (fates.every((fate) => fate === 'committed')) return 'committed';
    await wait();
  }
}

/**
 * Decides against a transaction that is still writing (`P`).
 *
 * @returns the decision, by this call or before it.
 */
export async function abort(
  context: Context,
  tenant: string,
  txId: string,
  stamp: number,
): Promise<'aborted' | 'committed'> {
  const written = await context.store.update({
    TableName: context.records,
    Key: headKey(tenant),
    UpdateExpression: 'SET f.#b.s = :a, f.#b.abt = :now',
    ConditionExpression: 'f.#b.s = :p AND gn.#b = :n',
    ExpressionAttributeNames: { '#b': txId },
    ExpressionAttributeValues: { ':a': 'A', ':p': 'P', ':n': stamp, ':now': context.now() },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (written.done) return 'aborted';
  return stateIn(written.item, { txId, stamp }) === 'aborted' ? 'aborted' : 'committed';
}

/**
 * Takes an aborted transaction off HEAD's list. Only when no record carries its stamp, and none can any more.
 */
export async function forget(context: Context, tenant: string, txId: string, stamp: number): Promise<void> {
  await context.store.update({
    TableName: context.records,
    Key: headKey(tenant),
    UpdateExpression: 'REMOVE f.#b, gn.#b',
    ConditionExpression: 'gn.#b = :n AND f.#b.s <> :r',
    ExpressionAttributeNames: { '#b': txId },
    ExpressionAttributeValues: { ':n': stamp, ':r': 'R' },
  });
}
