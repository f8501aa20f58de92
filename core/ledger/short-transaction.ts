import { timestamp } from '../clock.ts';
import { type Action, ReplyLost, type Transacted } from '../dynamo/store.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import { answerAction } from './change.ts';
import type { Context, Limits } from './context.ts';
import { IdTaken, LostClaim, OutOfTime } from './errors.ts';
import { flip, newEntry, openTenant, readHead, tooBusy } from './head.ts';
import { type HeadItem, headKey, isName, type RecordItem, undecidedMax } from './items.ts';
import { manifestOf, type TenantPlan } from './plan.ts';
import { fence, outcome, settle } from './recovery.ts';
import { snapshotOf, visible } from './snapshot.ts';

/** A transaction carries 4 MB; our sizes are estimates. */
export const transactionBytesMax = 3_500_000;

/** Whether one transaction can carry the batch. */
export const isShort = (plan: TenantPlan, { short }: Limits): boolean =>
  plan.writes.length <= short &&
  plan.writes.reduce((sum, write) => sum + write.size, 0) <= transactionBytesMax;

/** Where HEAD, the manifest and the answer stand in the transaction; records follow. */
const places = { head: 0, manifest: 1, answer: 2 } as const;

function actionsOf(attempt: Attempt, plan: TenantPlan, n: number): Action[] {
  const { context, batch, answer } = attempt;
  const details = { n, ...attempt.author, at: timestamp(context.clock.now()) };
  const head: Action = {
    Update: {
      TableName: context.records,
      Key: headKey(plan.tenant),
      UpdateExpression: 'SET reg = :n, gn.#b = :n, f.#b = :entry',
      ConditionExpression: 'reg = :before AND size(gn) < :max',
      ExpressionAttributeNames: { '#b': batch },
      ExpressionAttributeValues: {
        ':n': n,
        ':before': n - 1,
        ':entry': newEntry(context, 'R', plan.delta),
        ':max': undecidedMax,
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
  const manifest: Action = {
    Put: {
      TableName: context.manifests(),
      Item: manifestOf(context.ledger, plan, batch, details),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
  const records = plan.writes.map((write) => write.action(context.records, n));
  return answer ? [head, manifest, answerAction(answer), ...records] : [head, manifest, ...records];
}

/**
 * Writes a batch that fits into one transaction: HEAD lists it as certain to commit, the records carry its stamp, and the flip
 * follows when the transaction has returned. (On AWS a Query may see half of a transaction that has not; it never sees half
 * of a flip.) If the owner dies in between, anybody who has seen all the records may flip.
 */
export async function writeShort(attempt: Attempt, plan: TenantPlan): Promise<AttemptEnd> {
  const { context, batch } = attempt;
  const { tenant } = plan;
  let head = attempt.heads.get(tenant) ?? (await openTenant(context, tenant));
  for (;;) {
    const n = head.reg + 1;
    let reply: Transacted;
    try {
      reply = await context.store.transact(actionsOf(attempt, plan, n));
    } catch (error) {
      if (error instanceof ReplyLost) return decidedEnd(context, tenant, batch);
      throw error;
    }
    if (reply.done) {
      await flip(context, { tenant, batch, n, delta: plan.delta }, 'R');
      return 'committed';
    }
    const { reasons } = reply;
    if (reasons[places.manifest]?.failed) return decidedEnd(context, tenant, batch);
    if (attempt.answer && reasons[places.answer]?.failed)
      throw new LostClaim('Another request took the claim over');
    const recordsFrom = attempt.answer ? places.answer + 1 : places.answer;
    const missed = reasons.findIndex((reason, index) => index >= recordsFrom && reason.failed);
    if (missed >= 0) {
      const taken = reasons[missed]?.item as RecordItem | undefined;
      const write = plan.writes[missed - recordsFrom];
      if (write?.kind === 'create' && taken) await release(context, tenant, taken);
      // An echo of the refused transaction must not find its conditions met later.
      return (await fence(context, tenant, batch)) ? decidedEnd(context, tenant, batch) : 'conflict';
    }
    const newer = reasons[places.head]?.item as HeadItem | undefined;
    if (newer && Object.keys(newer.gn).length >= undecidedMax) throw tooBusy(tenant);
    head = newer ?? (await openTenant(context, tenant));
  }
}

/**
 * Clears the way where an id to be created exists. A name that somebody else was faster to create is read by the next attempt.
 *
 * @throws IdTaken if it is a committed record with a drawn id, also a deleted one.
 */
export async function release(context: Context, tenant: string, record: RecordItem): Promise<void> {
  const head = await readHead(context, tenant);
  if (visible(record.tx, snapshotOf(tenant, head)) || record.c !== record.tx) {
    if (isName(record.sk)) return;
    throw new IdTaken(`Record ${record.sk} exists already`);
  }
  if (head) await settle(context, tenant, head, [record]);
}

/** What became of a transaction whose answer was lost. An undecided one is never sent a second time. */
async function decidedEnd(context: Context, tenant: string, batch: string): Promise<AttemptEnd> {
  for (let pause = 20; ; pause *= 2) {
    const state = await outcome(context, tenant, batch);
    if (state !== 'live') return state === 'committed' ? 'committed' : 'conflict';
    if (context.clock.now() + pause > context.deadline)
      throw new OutOfTime('The fate of the batch is not known yet');
    await context.pause(pause);
  }
}
