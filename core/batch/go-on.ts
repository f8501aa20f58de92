import type { Context } from './context.ts';
import { loadChunk } from './load.ts';
import { nextMessage, sendOrLeave, unsettledOperationsMax } from './tenant-queue.ts';

/**
 * Lets the tenant queue go on with a chunk whose side effects are under way, but whose outcomes come much
 * later: they no longer hold it. A chunk that does not hold it any more is left as it is; a call that comes
 * twice sends a message twice, which finds its chunk applied and ends there.
 *
 * @throws Unavailable at the deadline of the store; the sweep goes on then, within a minute.
 */
export async function goOn(context: Context, batch: string, chunk: number): Promise<void> {
  const loaded = await loadChunk(context, batch, chunk);
  if (!loaded || (loaded.chunk.result?.waiting ?? 0) <= unsettledOperationsMax) return;
  const next = await nextMessage(context, loaded.record, chunk);
  if (next) await sendOrLeave(context, next);
}
