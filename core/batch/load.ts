import { getAll } from '../dynamo/get-all.ts';
import { asChunk, type Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { asBatch, type BatchRecord } from './record.ts';

/** A batch's record and one of its chunks. */
export interface LoadedChunk {
  record: BatchRecord;
  chunk: Chunk;
}

/** A batch's record and some of its chunks. */
interface LoadedChunks {
  record: BatchRecord;
  /** By number. */
  chunks: Map<number, Chunk>;
}

/**
 * Loads a batch's record and these of its chunks. Chunks that the batch does not have are left out.
 *
 * @returns `undefined` if there is no such batch.
 */
export async function loadChunks(
  context: Context,
  batch: string,
  numbers: number[],
): Promise<LoadedChunks | undefined> {
  const { keys } = context;
  const wanted = numbers.flatMap((chunk) => [keys.chunk(batch, chunk), keys.result(batch, chunk)]);
  const items = await getAll(context.store, context.table(), [keys.batch(batch), ...wanted]);
  const record = items.get(keys.batch(batch));
  if (!record) return undefined;
  const chunks = numbers.flatMap((number) => {
    const chunk = items.get(keys.chunk(batch, number));
    return chunk ? [[number, asChunk(chunk, items.get(keys.result(batch, number)))] as const] : [];
  });
  return { record: asBatch(record), chunks: new Map(chunks) };
}

/** @returns `undefined` if there is no such batch or chunk. */
export async function loadChunk(
  context: Context,
  batch: string,
  number: number,
): Promise<LoadedChunk | undefined> {
  const loaded = await loadChunks(context, batch, [number]);
  const chunk = loaded?.chunks.get(number);
  return loaded && chunk && { record: loaded.record, chunk };
}
