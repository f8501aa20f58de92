import { timestamp } from '../clock.ts';
import { type ChunkResult, resultItem } from './chunk.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type Context, untilDone } from './context.ts';
import { loadChunk } from './load.ts';
import { progressUpdate } from './progress.ts';
import { hasEnded } from './record.ts';
import { reportEnded } from './report-ended.ts';

/**
 * Gives a chunk up, unless it has a result. The end of its batch is reported if it was the last open chunk.
 */
export async function giveUp(
  context: Context,
  { batch, chunk }: Pick<ChunkMessage, 'batch' | 'chunk'>,
): Promise<void> {
  const dead: ChunkResult = { state: 'dead', outcomes: [], waiting: 0, by: '', carriedUntil: 0 };
  const record = await untilDone(context, async () => {
    const loaded = await loadChunk(context, batch, chunk);
    if (!loaded) return 'unknown' as const;
    if (loaded.chunk.result || hasEnded(loaded.record)) return loaded.record;
    const now = timestamp(context.deps.now());
    const { action } = progressUpdate(context.table(), loaded.record, {
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
  if (record !== 'unknown') await reportEnded(context, record);
}
