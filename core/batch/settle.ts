import { timestamp } from '../clock.ts';
import type { Action } from '../transaction/store.ts';
import { type Context, untilDone } from './context.ts';
import { announced } from './finish.ts';
import type { Outcome } from './kind.ts';
import { NEARLY_SETTLED, passOn } from './lanes.ts';
import { progressUpdate } from './progress.ts';
import type { BatchRecord, ChunkRecord } from './record.ts';
import { look } from './work.ts';

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
  let written = false;
  const end = await untilDone(context, async () => {
    const found = await look(context, batch, number);
    if (!found) throw new Error('there is no such chunk');
    const { record, chunk } = found;
    const open = outcomes.filter(({ index }) => isWaiting(chunk, index)).length;
    if (open === 0 && written) return { state: 'settled' as const, ...found };
    if (open < outcomes.length) return { state: 'before' as const, ...found };
    written = true;
    const transacted = await context.store.transact([
      counted(context, record, chunk, outcomes),
      recorded(context, chunk, outcomes),
      ...actions,
    ]);
    if (!transacted.done && transacted.reasons.slice(2).some(({ failed }) => failed))
      return { state: 'refused' as const, ...found };
    return undefined;
  });
  if (end.state !== 'settled') return end.state;
  const { record, chunk } = end;
  const before = chunk.waiting + outcomes.length;
  // Exactly one settlement takes the chunk across this line, unless it began below it.
  if (before > NEARLY_SETTLED && chunk.waiting <= NEARLY_SETTLED)
    await passOn(context, record, { tenant: record.tenant, chunk: number });
  if (chunk.state === 'done') await announced(context, record);
  return end.state;
}

function isWaiting({ outcomes }: ChunkRecord, index: number): boolean {
  const outcome = outcomes?.[index];
  return outcome !== undefined && 'waiting' in outcome;
}

function counted(
  context: Context,
  record: BatchRecord,
  chunk: ChunkRecord,
  outcomes: Settlement['outcomes'],
): Action {
  const places = (which: 'result' | 'error') =>
    outcomes
      .filter(({ outcome }) => which in outcome)
      .reduce((sum, { index }) => sum + (chunk.operations[index]?.places.length ?? 0), 0);
  const [succeeded, failed] = [places('result'), places('error')];
  const now = timestamp(context.world.now());
  return progressUpdate(context.table(), record, {
    ...{ succeeded, failed, inFlight: -(succeeded + failed), began: now, now },
    chunk: chunk.waiting === outcomes.length ? 'closes' : 'stays',
  }).action;
}

function recorded(
  context: Context,
  { pk, sk, waiting }: ChunkRecord,
  outcomes: Settlement['outcomes'],
): Action {
  const left = waiting - outcomes.length;
  const sets = outcomes.map(({ index }) => `outcomes[${index}] = :o${index}`);
  const still = outcomes.map(({ index }) => `attribute_exists(outcomes[${index}].waiting)`);
  return {
    Update: {
      TableName: context.table(),
      Key: { pk, sk },
      UpdateExpression: `SET ${[...sets, 'waiting = :left', '#state = :state'].join(', ')}`,
      ConditionExpression: ['waiting = :waiting', ...still].join(' AND '),
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ...Object.fromEntries(outcomes.map(({ index, outcome }) => [`:o${index}`, outcome])),
        ':left': left,
        ':waiting': waiting,
        ':state': left === 0 ? 'done' : 'waiting',
      },
    },
  };
}
