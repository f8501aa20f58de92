import { timestamp } from '../clock.ts';
import { type ChunkResult, resultItem } from './chunk.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type Context, untilDone } from './context.ts';
import { announced } from './finish.ts';
import { lookAt } from './load.ts';
import { progressUpdate } from './progress.ts';
import { hasEnded } from './record.ts';

/** Gives a chunk up. When no other is open the batch has ended, and says so. */
export async function giveUp(
  context: Context,
  { batch, chunk }: Pick<ChunkMessage, 'batch' | 'chunk'>,
): Promise<void> {
  const dead: ChunkResult = { state: 'dead', outcomes: [], waiting: 0, by: '', carriedUntil: 0 };
  const record = await untilDone(context, async () => {
    const found = await lookAt(context, batch, chunk);
    if (!found) return 'unknown' as const;
    if (found.chunk.result || hasEnded(found.record)) return found.record;
    const now = timestamp(context.deps.now());
    const { action } = progressUpdate(context.table(), found.record, {
      ...{ succeeded: 0, failed: 0, inFlight: 0, chunk: 'dies', began: now, now },
    });
    const Put = {
      TableName: context.table(),
      Item: resultItem(context.keys.result(batch, chunk), chunk, dead),
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    await context.store.transact([action, { Put }]);
    return undefined;
  });
  if (record !== 'unknown') await announced(context, record);
}
