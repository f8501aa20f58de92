import { applyChunk } from './apply.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { WorkContext } from './context.ts';
import { giveUp } from './give-up.ts';
import { loadChunk } from './load.ts';
import { type Prefetch, prefetchFor } from './prefetch.ts';
import { reportEnded } from './report-ended.ts';
import { runSideEffects } from './side-effects.ts';
import { chunksPerMessageMax, nextMessage, sendNext, unsettledOperationsMax } from './tenant-queue.ts';

/** Deliveries of a message before its chunk is given up; the queue then moves it to the dead-letter queue. */
export const deliveriesMax = 5;

/**
 * Applies a chunk, and the next ones of its tenant queue. A chunk is applied, counted and recorded in one
 * transaction, so a delivery may be doubled, be late, or die at any point.
 *
 * @param attempt number of this delivery of the message, from 1. If the fifth fails, the chunk is given up; a
 * redrive of its dead letter applies it after all.
 * @throws the error that kept the chunk from being applied; its message is to be delivered again.
 */
export async function work(context: WorkContext, message: ChunkMessage, attempt: number): Promise<void> {
  const prefetch = prefetchFor(context);
  let next: ChunkMessage | undefined;
  try {
    next = await workOnChunk(context, message, attempt === 1, prefetch);
  } catch (error) {
    if (attempt >= deliveriesMax) await giveUp(context, message);
    else if (attempt === 1) await skip(context, message);
    throw error;
  }
  for (let applied = 1; next && applied < chunksPerMessageMax; applied++) {
    const message = next;
    try {
      next = await workOnChunk(context, message, true, prefetch);
    } catch {
      // It gets a message of its own, which is retried and given up like any other.
      break;
    }
  }
  if (next) await context.send(next.tenant, next);
}

/** @returns the tenant queue's next message, if this delivery is to go on with it. */
async function workOnChunk(
  context: WorkContext,
  message: ChunkMessage,
  isFirst: boolean,
  prefetch: Prefetch,
): Promise<ChunkMessage | undefined> {
  const applied = await applyChunk(context, message, prefetch);
  if (!applied) return undefined;
  const { record, chunk, isMine } = applied;
  if (chunk.result?.state === 'waiting') {
    await runSideEffects(context, applied);
    // With more to settle, the settlement that reaches the limit goes on instead.
    if (isMine && chunk.result.waiting <= unsettledOperationsMax)
      await sendNext(context, record, message.chunk);
    return undefined;
  }
  await reportEnded(context, record);
  // Only the delivery that applied the chunk goes on with the tenant queue; otherwise messages would
  // multiply. Chunks of a cancelled batch are applied by no delivery, so there the first delivery goes on.
  const goesOn = isMine || (chunk.result?.state !== 'done' && isFirst);
  return goesOn ? await nextMessage(context, record, message.chunk) : undefined;
}

/** Lets the tenant queue go on without a chunk that cannot be applied now; its message is delivered again. */
async function skip(context: WorkContext, { batch, chunk }: ChunkMessage): Promise<void> {
  const loaded = await loadChunk(context, batch, chunk);
  if (loaded) await sendNext(context, loaded.record, chunk);
}
