import { timestamp } from '../clock.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import type { Action, Transacted } from '../dynamo/store.ts';
import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import { type Entry, type HeadItem, headFrom, headKey, multiKey, tenantKey, undecidedMax } from './items.ts';

/** Changes of counters, by HEAD's attribute name. */
export type Delta = Record<string, number>;

/** A batch in one tenant. */
export interface Part {
  tenant: string;
  txId: string;
  /** Its stamp in this tenant. */
  n: number;
  delta: Delta;
}

/** `undefined`: the tenant has never written. */
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

/** Sends a transaction again when its answer is lost. Only for those whose conditions tell what was there already. */
export async function transactAgain(context: Context, actions: Action[]): Promise<Transacted> {
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    try {
      return await context.store.transact(actions);
    } catch (error) {
      if (!(error instanceof AnswerLost)) throw error;
      await wait(error);
    }
  }
}

/** The first write of a tenant: its empty HEAD, and its line in the registry of tenants. */
export async function openTenant(context: Context, tenant: string): Promise<HeadItem> {
  const TableName = context.records;
  const head: HeadItem = { ...headKey(tenant), reg: 0, seq: 0, f: {}, gn: {} };
  const ConditionExpression = 'attribute_not_exists(pk)';
  const line = { ...tenantKey(tenant), at: timestamp(context.now()) };
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const reply = await transactAgain(context, [
      { Put: { TableName, Item: head, ConditionExpression } },
      { Put: { TableName, Item: line } },
    ]);
    if (reply.done) return head;
    // Somebody else was first. Nothing may be written before the registry has the tenant, or a reader of all would miss it.
    const [found, registered] = await Promise.all([
      readHead(context, tenant),
      context.store.get(TableName, tenantKey(tenant)),
    ]);
    if (found && registered) return found;
    await wait();
  }
}

export const newEntry = (context: Context, s: 'P' | 'R', delta?: Delta): Entry => ({
  s,
  exp: context.now() + context.leaseMs,
  ...(delta && { dc: JSON.stringify(delta) }),
});

/**
 * Draws a stamp for a batch that is going to write its records one by one. Repeated, it finds the stamp drawn before.
 *
 * @throws Conflict when too many batches of the tenant are undecided.
 */
export async function register(context: Context, tenant: string, txId: string): Promise<HeadItem> {
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const written = await context.store.update({
      TableName: context.records,
      Key: headKey(tenant),
      UpdateExpression: 'SET reg = reg + :one, gn.#b = reg + :one, f.#b = :entry',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(f.#b) AND size(gn) < :max',
      ExpressionAttributeNames: { '#b': txId },
      ExpressionAttributeValues: { ':one': 1, ':entry': newEntry(context, 'P'), ':max': undecidedMax },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const head = written.item && headFrom(written.item);
    if (head?.gn[txId] !== undefined) return head;
    if (head) throw tooBusy(tenant);
    await openTenant(context, tenant);
    await wait();
  }
}

export const tooBusy = (tenant: string): Conflict =>
  new Conflict(`${undecidedMax} transactions of tenant ${tenant} are undecided`);

/** The part of HEAD's update that decides for the batch; `seq` and the counters move in the same instant. */
function commitUpdate(context: Context, part: Part, state: 'P' | 'R') {
  const names: Record<string, string> = { '#b': part.txId };
  const values: Record<string, unknown> = { ':one': 1, ':state': state, ':n': part.n };
  const additions = Object.entries(part.delta).map(([name, change], index) => {
    names[`#c${index}`] = name;
    values[`:c${index}`] = change;
    return `#c${index} :c${index}`;
  });
  return {
    TableName: context.records,
    Key: headKey(part.tenant),
    UpdateExpression: `SET seq = seq + :one REMOVE f.#b, gn.#b${additions.length > 0 ? ` ADD ${additions.join(', ')}` : ''}`,
    ConditionExpression: 'f.#b.s = :state AND gn.#b = :n',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

/** An aborted entry lingers, so an entry that is gone was committed. Another stamp under the same name is a late echo of `register`. */
const decided = (head: HeadItem | undefined, { txId, n }: Part): 'committed' | 'aborted' | 'undecided' => {
  const entry = head?.f[txId];
  if (!head || !entry || head.gn[txId] !== n) return 'committed';
  return entry.s === 'A' ? 'aborted' : 'undecided';
};

/** The commit of a batch: one write of one item, before which nobody sees any of it and after which everybody sees all. */
export async function commit(
  context: Context,
  part: Part,
  state: 'P' | 'R',
): Promise<'committed' | 'aborted'> {
  const written = await context.store.update(commitUpdate(context, part, state));
  if (written.done) return 'committed';
  return decided(written.item && headFrom(written.item), part) === 'committed' ? 'committed' : 'aborted';
}

/** The commit over several tenants: all their HEADs in one transaction, counted by MULTI. */
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
    const reply = await transactAgain(context, actions);
    if (reply.done) return 'committed';
    const fates = parts.map((part, index) => {
      const reason = reply.reasons[index];
      return reason?.failed ? decided(reason.item && headFrom(reason.item), part) : 'undecided';
    });
    if (fates.includes('aborted')) return 'aborted';
    // An earlier sending, whose answer was lost, landed; it is over when it has reached every HEAD.
    if (fates.every((fate) => fate === 'committed')) return 'committed';
    await wait();
  }
}

/** Decides against a batch that is writing. The answer is what was decided, by this call or before it. */
export async function abort(
  context: Context,
  tenant: string,
  txId: string,
  n: number,
): Promise<'aborted' | 'committed'> {
  const written = await context.store.update({
    TableName: context.records,
    Key: headKey(tenant),
    UpdateExpression: 'SET f.#b.s = :a, f.#b.abt = :now',
    ConditionExpression: 'f.#b.s = :p AND gn.#b = :n',
    ExpressionAttributeNames: { '#b': txId },
    ExpressionAttributeValues: { ':a': 'A', ':p': 'P', ':n': n, ':now': context.now() },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (written.done) return 'aborted';
  const head = written.item && headFrom(written.item);
  return decided(head, { tenant, txId, n, delta: {} }) === 'aborted' ? 'aborted' : 'committed';
}

/** Takes an aborted batch off HEAD's list. Only when no record carries its stamp, and none can any more. */
export async function forget(context: Context, tenant: string, txId: string, n: number): Promise<void> {
  await context.store.update({
    TableName: context.records,
    Key: headKey(tenant),
    UpdateExpression: 'REMOVE f.#b, gn.#b',
    ConditionExpression: 'gn.#b = :n AND f.#b.s <> :r',
    ExpressionAttributeNames: { '#b': txId },
    ExpressionAttributeValues: { ':n': n, ':r': 'R' },
  });
}
