import { timestamp } from '../clock.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import { transactionBytesMax } from '../dynamo/limits.ts';
import type { Action, Transacted } from '../dynamo/store.ts';
import { invariant } from '../invariant.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import { answerAction } from './change.ts';
import type { Context, Limits } from './context.ts';
import { IdTaken, LostClaim } from './errors.ts';
import { commit, newEntry, openTenant, readHead, tooBusy } from './head.ts';
import { headFrom, headKey, isName, type RecordItem, recordFrom, undecidedTransactionsMax } from './items.ts';
import { newManifest } from './manifest-writes.ts';
import { manifestOf, type TenantPlan } from './plan.ts';
import { fence, outcome, resolveUndecided } from './recovery.ts';
import { snapshotOf, visible } from './snapshot.ts';

/** True if one TransactWriteItems can carry the transaction. */
export const isShort = (plan: TenantPlan, { short }: Limits): boolean =>
  plan.writes.length <= short &&
  plan.writes.reduce((sum, write) => sum + write.size, 0) <= transactionBytesMax;

/** Positions of HEAD, the manifest and the answer in the TransactWriteItems; records follow. */
const places = { head: 0, manifest: 1, answer: 2 } as const;

function actionsOf(attempt: Attempt, plan: TenantPlan, stamp: number): Action[] {
  const { context, txId, answer } = attempt;
  const details = { stamp, ...attempt.author, at: timestamp(context.now()) };
  const head: Action = {
    Update: {
      TableName: context.records,
      Key: headKey(plan.tenant),
      UpdateExpression: 'SET reg = :n, gn.#b = :n, f.#b = :entry',
      ConditionExpression: 'reg = :before AND size(gn) < :max',
      ExpressionAttributeNames: { '#b': txId },
      ExpressionAttributeValues: {
        ':n': stamp,
        ':before': stamp - 1,
        ':entry': newEntry(context, 'R', plan.delta),
        ':max': undecidedTransactionsMax,
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
  const manifest: Action = { Put: newManifest(context, manifestOf(context.ledger, plan, txId, details)) };
  const records = plan.writes.map((write) => write.action(context.records, stamp));
  return answer ? [head, manifest, answerAction(answer), ...records] : [head, manifest, ...records];
}

/** Lost races for the next stamp after which a writer pauses. */
const racesPerWait = 8;

/**
 * Writes a transaction that fits into one TransactWriteItems: HEAD lists it as ready (`R`), the records carry
 * its stamp, and the commit follows when the request has returned. (On AWS a Query may see half of a
 * TransactWriteItems that has not returned; it never sees half of a commit.) If the owner dies in between,
 * any process that has seen all the records may commit, as in CockroachDB's parallel commits.
 *
 * @throws Conflict, LostClaim, IdTaken, Unavailable.
 */
export async function writeShort(attempt: Attempt, plan: TenantPlan): Promise<AttemptEnd> {
  const { context, txId } = attempt;
  const { tenant } = plan;
  let head = attempt.heads.get(tenant) ?? (await openTenant(context, tenant));
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff of every eighth race.
  for (let races = 1; ; races++) {
    const stamp = head.reg + 1;
    let reply: Transacted;
    try {
      reply = await context.store.transact(actionsOf(attempt, plan, stamp));
    } catch (error) {
      if (error instanceof AnswerLost) return decidedEnd(context, tenant, txId);
      throw error;
    }
    if (reply.done) {
      const { partitionGb } = reply;
      await commit(context, { tenant, txId, stamp, delta: plan.delta, partitionGb }, 'R');
      return 'committed';
    }
    const { reasons } = reply;
    if (reasons[places.manifest]?.failed) return decidedEnd(context, tenant, txId);
    if (attempt.answer && reasons[places.answer]?.failed) throw new LostClaim();
    const recordsFrom = attempt.answer ? places.answer + 1 : places.answer;
    const missed = reasons.findIndex((reason, index) => index >= recordsFrom && reason.failed);
    if (missed >= 0) {
      const taken = reasons[missed]?.item;
      const write = plan.writes[missed - recordsFrom];
      if (write?.kind === 'create' && taken) await clearId(context, tenant, recordFrom(taken));
      // The fence keeps an echo of the refused request from finding its conditions met later.
      return (await fence(context, tenant, txId)) ? decidedEnd(context, tenant, txId) : 'conflict';
    }
    const seen = reasons[places.head]?.item;
    const newer = seen && headFrom(seen);
    if (newer && Object.keys(newer.gn).length >= undecidedTransactionsMax) throw tooBusy(tenant);
    invariant(!newer || newer.reg > head.reg, 'only a newer stamp refuses this one');
    // The refusal brings the HEAD of this very moment: who waits with it has lost the next race, too.
    if (races % racesPerWait === 0) {
      await wait();
      head = (await readHead(context, tenant)) ?? (await openTenant(context, tenant));
    } else head = newer ?? (await openTenant(context, tenant));
  }
}

/**
 * Resolves an undecided record where an id is to be created. A name that another transaction has created
 * meanwhile is left to the next attempt, which reads it.
 *
 * @throws IdTaken if it is a committed record with a drawn id, also if it is a tombstone.
 */
export async function clearId(context: Context, tenant: string, record: RecordItem): Promise<void> {
  const head = await readHead(context, tenant);
  if (visible(record.tx, snapshotOf(tenant, head)) || record.c !== record.tx) {
    if (isName(record.sk)) return;
    throw new IdTaken();
  }
  if (head) await resolveUndecided(context, head, [record]);
}

/** Waits for the outcome of a transaction whose answer was lost. It is never sent a second time. */
async function decidedEnd(context: Context, tenant: string, txId: string): Promise<AttemptEnd> {
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const state = await outcome(context, tenant, txId);
    if (state !== 'live') return state === 'committed' ? 'committed' : 'conflict';
    await wait();
  }
}
