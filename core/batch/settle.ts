import { timestamp } from '../clock.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import type { Action } from '../dynamo/store.ts';
import { type Chunk, type ChunkResult, countPlaces, isWaiting, resultItem } from './chunk.ts';
import { type Context, untilDone } from './context.ts';
import type { Outcome } from './kind.ts';
import { loadChunk } from './load.ts';
import { progressUpdate } from './progress.ts';
import type { BatchRecord } from './record.ts';
import { reportEnded } from './report-ended.ts';
import { sendNext, unsettledOperationsMax } from './tenant-queue.ts';

/** Outcomes of claims of one chunk. */
export interface Settlement {
  batch: string;
  chunk: number;
  /** By the index of the operation in its chunk. */
  outcomes: { index: number; outcome: Outcome<unknown, unknown> }[];
  /** The caller's actions that commit together with the outcomes: at most 98, with conditions of its own. */
  actions?: Action[];
}

/**
 * `settled`: recorded now. `before`: at least one claim was settled already, and nothing was written.
 * `refused`: a condition of the caller's actions failed, and nothing was written.
 */
export type Settled = 'settled' | 'before' | 'refused';

/**
 * Settles claims: their outcomes, the batch's numbers and the caller's actions commit in one transaction,
 * once. Claims of a batch that was cancelled meanwhile are settled too, because their side effects cannot be
 * undone.
 *
 * @throws Error if the chunk was not applied, or Unavailable at the deadline of the store.
 */
export async function settle(context: Context, settlement: Settlement): Promise<Settled> {
  const { batch, chunk: number, outcomes, actions = [] } = settlement;
  let maybeWritten = false;
  const end = await untilDone(context, async () => {
    const loaded = await loadChunk(context, batch, number);
    if (!loaded?.chunk.result) throw new Error('there is no such claim');
    const { record, chunk } = loaded;
    const before = loaded.chunk.result;
    const open = outcomes.filter(({ index }) => isWaiting(chunk, index)).length;
    if (open === 0 && maybeWritten) return { state: 'settled' as const, record, result: before };
    if (open < outcomes.length) return { state: 'before' as const };
    const result = withOutcomes(before, outcomes);
    const { action: count, after } = countSettled(context, record, chunk, outcomes);
    try {
      const transacted = await context.store.transact([
        count,
        recordSettled(context, record, number, { before, result }),
        ...actions,
      ]);
      if (transacted.done) return { state: 'settled' as const, record: after, result };
      const refused = transacted.reasons.slice(2).some(({ failed }) => failed);
      return refused ? { state: 'refused' as const } : undefined;
    } catch (error) {
      maybeWritten ||= error instanceof AnswerLost;
      throw error;
    }
  });
  if (end.state !== 'settled') return end.state;
  const { record, result } = end;
  const unsettledBefore = result.waiting + outcomes.length;
  // Exactly one settlement takes the chunk across this line, unless the chunk began below it.
  if (unsettledBefore > unsettledOperationsMax && result.waiting <= unsettledOperationsMax)
    await sendNext(context, record, number);
  if (result.state === 'done') await reportEnded(context, record);
  return end.state;
}

/** A chunk's result after these of its claims have ended. */
function withOutcomes(before: ChunkResult, ended: Settlement['outcomes']): ChunkResult {
  const byIndex = new Map(ended.map(({ index, outcome }) => [index, outcome]));
  const waiting = before.waiting - ended.length;
  return {
    ...before,
    outcomes: before.outcomes.map((outcome, index) => byIndex.get(index) ?? outcome),
    waiting,
    state: waiting === 0 ? 'done' : 'waiting',
  };
}

function countSettled(
  context: Context,
  record: BatchRecord,
  chunk: Chunk,
  outcomes: Settlement['outcomes'],
): ReturnType<typeof progressUpdate> {
  const succeeded = countPlaces(chunk, outcomes, 'result');
  const failed = countPlaces(chunk, outcomes, 'error');
  const now = timestamp(context.deps.now());
  return progressUpdate(context.table(), record, {
    ...{ succeeded, failed, inFlight: -(succeeded + failed), began: now, now },
    chunk: chunk.result?.waiting === outcomes.length ? 'closes' : 'stays',
  });
}

const recordSettled = (
  context: Context,
  { id }: BatchRecord,
  chunk: number,
  { before, result }: { before: ChunkResult; result: ChunkResult },
): Action => ({
  Put: {
    TableName: context.table(),
    Item: resultItem(context.keys.result(id, chunk), chunk, result),
    // No other settlement has ended any of the chunk's claims since it was read, and no other delivery has
    // taken the lease on its side effects.
    ConditionExpression: 'waiting = :waiting AND carriedUntil = :carried',
    ExpressionAttributeValues: { ':waiting': before.waiting, ':carried': before.carriedUntil },
  },
});
