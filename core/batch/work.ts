import { reach } from './apply.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { Context } from './context.ts';
import { announced } from './finish.ts';
import { giveUp } from './give-up.ts';
import { lookAt } from './load.ts';
import { type Ahead, readingAhead } from './prefetch.ts';
import { carryOut } from './side-effects.ts';
import { following, NEARLY_SETTLED, passOn, RUN } from './tenant-queue.ts';

/** After how many deliveries a chunk is given up: the queue then hands its message to the dead letters. */
export const TRIES = 5;

/**
 * Works on a chunk, and on the next ones of its lane. A chunk is applied, counted and recorded in one transaction, so deliveries may be
 * doubled, late, or die anywhere.
 *
 * @param attempt how often the queue has delivered this message, from 1. The last of five that fails gives the chunk up; a redrive of
 * its dead letter takes it up again.
 * @throws whatever kept the chunk from being done; its message is to be delivered again.
 */
export async function work(context: Context, message: ChunkMessage, attempt: number): Promise<void> {
  const ahead = readingAhead(context);
  let next: ChunkMessage | undefined;
  try {
    next = await workOn(context, message, attempt === 1, ahead);
  } catch (error) {
    if (attempt >= TRIES) await giveUp(context, message);
    else if (attempt === 1) await leave(context, message);
    throw error;
  }
  for (let done = 1; next && done < RUN; done++) {
    const message = next;
    try {
      next = await workOn(context, message, true, ahead);
    } catch {
      // It gets a message of its own, which is tried and given up like any other.
      break;
    }
  }
  if (next) await context.send(next.tenant, next);
}

/** Does one chunk, and tells which is the lane's next if it is for this delivery to go on with it. */
async function workOn(
  context: Context,
  message: ChunkMessage,
  isFirst: boolean,
  ahead: Ahead,
): Promise<ChunkMessage | undefined> {
  const reached = await reach(context, message, ahead);
  if (!reached) return undefined;
  const { record, chunk, mine } = reached;
  if (chunk.result?.state === 'waiting') {
    await carryOut(context, reached);
    // With more to settle it is for whoever settles to go on.
    if (mine && chunk.result.waiting <= NEARLY_SETTLED) await passOn(context, record, message.chunk);
    return undefined;
  }
  await announced(context, record);
  // Only the delivery that did the chunk goes on with the lane, or lanes would multiply. A cancelled batch has nobody who did the
  // chunk, so there the first delivery does.
  const goesOn = mine || (chunk.result?.state !== 'done' && isFirst);
  return goesOn ? await following(context, record, message.chunk) : undefined;
}

/** A chunk that cannot be done now holds up nobody: its lane goes on, and its message comes again. */
async function leave(context: Context, { batch, chunk }: ChunkMessage): Promise<void> {
  const found = await lookAt(context, batch, chunk);
  if (found) await passOn(context, found.record, chunk);
}
