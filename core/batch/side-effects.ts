import { present } from '../invariant.ts';
import type { AppliedChunk } from './apply.ts';
import { isWaiting, placedOperations } from './chunk.ts';
import { sideEffectsLeaseMs } from './chunk-transaction.ts';
import { kindOf, type WorkContext } from './context.ts';
import type { LoadedChunk } from './load.ts';
import { batchOf } from './record.ts';

/**
 * Runs the side effects of a chunk's claims. A delivery that did not claim them must first take the lease,
 * and then find out what happened before.
 */
export async function runSideEffects(
  context: WorkContext,
  { record, chunk, isMine }: AppliedChunk,
): Promise<void> {
  const kind = kindOf(context, record);
  if (!kind.runSideEffects || !(isMine || (await takeLease(context, { record, chunk })))) return;
  const waiting = placedOperations(chunk).filter(({ index }) => isWaiting(chunk, index));
  await kind.runSideEffects({ batch: batchOf(record), chunk: chunk.chunk, waiting }, !isMine);
}

/** @returns false if another delivery may still hold the lease on the chunk's side effects. */
async function takeLease(context: WorkContext, { record, chunk }: LoadedChunk): Promise<boolean> {
  const now = context.deps.now();
  const { carriedUntil } = present(chunk.result, 'a chunk with claims has a result');
  if (carriedUntil > now) return false;
  // A lost answer counts as a refusal: the next message tries again after the lease.
  const { done } = await context.store.update({
    TableName: context.table(),
    Key: context.keys.result(record.id, chunk.chunk),
    UpdateExpression: 'SET carriedUntil = :until',
    ConditionExpression: '#state = :waiting AND carriedUntil = :was',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':until': now + sideEffectsLeaseMs,
      ':waiting': 'waiting',
      ':was': carriedUntil,
    },
  });
  return done;
}
