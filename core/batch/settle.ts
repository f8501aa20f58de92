import { timestamp } from '../clock.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import type { Action } from '../dynamo/store.ts';
import { type Chunk, type ChunkResult, isWaiting, placesOf, resultItem } from './chunk.ts';
import { type Context, untilDone } from './context.ts';
import { announced } from './finish.ts';
import type { Outcome } from './kind.ts';
import { lookAt } from './load.ts';
import { progressUpdate } from './progress.ts';
import type { BatchRecord } from './record.ts';
import { NEARLY_SETTLED, passOn } from './tenant-queue.ts';

/** How claims of one chunk ended. */
export interface Settlement {
  batch: string;
  chunk: number;
  /** By the index of the operation in its chunk. */
  outcomes: { index: number; outcome: Outcome<unknown, unknown> }[];
  /** What takes effect together with these outcomes, at most 98 actions; their conditions are the caller's affair. */
  actions?: Action[];
}

/** `settled`: recorded now. `before`: at least one of them was settled already, and nothing was written. `refused`: a condition of the actions failed. */
export type Settled = 'settled' | 'before' | 'refused';

/**
 * Ends operations that were claimed: their outcomes, the batch's numbers and the caller's actions in one transaction, once. It also
 * counts for a batch that was cancelled meanwhile: what was claimed before cannot be called back.
 */
export async function settle(context: Context, settlement: Settlement): Promise<Settled> {
  const { batch, chunk: number, outcomes, actions = [] } = settlement;
  let maybeWritten = false;
  const end = await untilDone(context, async () => {
    const found = await lookAt(context, batch, number);
    if (!found?.chunk.result) throw new Error('there is no such claim');
    const { record, chunk } = found;
    const open = outcomes.filter(({ index }) => isWaiting(chunk, index)).length;
    if (open === 0 && maybeWritten) return { state: 'settled' as const, record, result: found.chunk.result };
    if (open < outcomes.length) return { state: 'before' as const };
    const result = settled(found.chunk.result, outcomes);
    const { action: count, after } = counted(context, record, chunk, outcomes);
    try {
      const transacted = await context.store.transact([
        count,
        recorded(context, record, chunk, result),
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
  // Exactly one settlement takes the chunk across this line, unless it began below it.
  if (result.waiting + outcomes.length > NEARLY_SETTLED && result.waiting <= NEARLY_SETTLED)
    await passOn(context, record, number);
  if (result.state === 'done') await announced(context, record);
  return end.state;
}

/** What is recorded of a chunk once these of its claims have ended. */
function settled(was: ChunkResult, ended: Settlement['outcomes']): ChunkResult {
  const byIndex = new Map(ended.map(({ index, outcome }) => [index, outcome]));
  const waiting = was.waiting - ended.length;
  return {
    ...was,
    outcomes: was.outcomes.map((outcome, index) => byIndex.get(index) ?? outcome),
    waiting,
    state: waiting === 0 ? 'done' : 'waiting',
  };
}

function counted(
  context: Context,
  record: BatchRecord,
  chunk: Chunk,
  outcomes: Settlement['outcomes'],
): ReturnType<typeof progressUpdate> {
  const succeeded = placesOf(chunk, outcomes, 'result');
  const failed = placesOf(chunk, outcomes, 'error');
  const now = timestamp(context.deps.now());
  return progressUpdate(context.table(), record, {
    ...{ succeeded, failed, inFlight: -(succeeded + failed), began: now, now },
    chunk: chunk.result?.waiting === outcomes.length ? 'closes' : 'stays',
  });
}

const recorded = (
  context: Context,
  { id }: BatchRecord,
  { chunk, result: was }: Chunk,
  result: ChunkResult,
): Action => ({
  Put: {
    TableName: context.table(),
    Item: resultItem(context.keys.result(id, chunk), chunk, result),
    // Nobody else has settled any of its claims meanwhile, and nobody has taken over bringing them about.
    ConditionExpression: 'waiting = :waiting AND carriedUntil = :carried',
    ExpressionAttributeValues: { ':waiting': was?.waiting, ':carried': was?.carriedUntil },
  },
});
