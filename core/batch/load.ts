import { getAll } from '../dynamo/get-all.ts';
import { asChunk, type Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { asBatch, type BatchRecord } from './record.ts';

/** A batch's record and some of its chunks. */
export interface Seen {
  record: BatchRecord;
  /** By number. */
  chunks: Map<number, Chunk>;
}

/** A batch's record with these of its chunks, as they are now; `undefined` without a batch. Chunks that it does not have are left out. */
export async function look(context: Context, batch: string, numbers: number[]): Promise<Seen | undefined> {
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

/** The same for one chunk. */
export async function lookAt(
  context: Context,
  batch: string,
  number: number,
): Promise<{ record: BatchRecord; chunk: Chunk } | undefined> {
  const seen = await look(context, batch, [number]);
  const chunk = seen?.chunks.get(number);
  return seen && chunk && { record: seen.record, chunk };
}
