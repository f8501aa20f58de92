import type { Reached } from './apply.ts';
import { type Chunk, isWaiting, placed } from './chunk.ts';
import { CARRIED } from './chunk-transaction.ts';
import { type Context, kindOf } from './context.ts';
import { type BatchRecord, batchOf } from './record.ts';

/** Has the effects of a chunk's claims brought about. Whoever is not the one that claimed them has to find out what happened before. */
export async function carryOut(context: Context, { record, chunk, mine }: Reached): Promise<void> {
  const kind = kindOf(context, record);
  if (!kind.carryOut || !(mine || (await takeOver(context, record, chunk)))) return;
  const waiting = placed(chunk).filter(({ index }) => isWaiting(chunk, index));
  await kind.carryOut({ batch: batchOf(record), chunk: chunk.chunk, waiting }, !mine);
}

/** Makes this delivery the one that brings about a chunk's effects, unless another may still be at it. */
async function takeOver(context: Context, { id }: BatchRecord, { chunk, result }: Chunk): Promise<boolean> {
  const now = context.deps.now();
  const was = result?.carriedUntil ?? 0;
  if (was > now) return false;
  // A lost answer counts as a refusal: the next message tries again when the time is over.
  const { done } = await context.store.update({
    TableName: context.table(),
    Key: context.keys.result(id, chunk),
    UpdateExpression: 'SET carriedUntil = :until',
    ConditionExpression: '#state = :waiting AND carriedUntil = :was',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':until': now + CARRIED, ':waiting': 'waiting', ':was': was },
  });
  return done;
}
