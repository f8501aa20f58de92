import { FoundItems } from '../dynamo/get-all.ts';
import { present } from '../invariant.ts';
import { asChunk, type StoredOutcome } from './chunk.ts';
import { type Context, itemsIn } from './context.ts';
import { asBatch, type Batch, batchOf } from './record.ts';

/** @returns `undefined` if there is no such batch. */
export async function read(context: Context, id: string): Promise<Batch | undefined> {
  const item = await context.store.get(context.table(), context.keys.batch(id));
  return item && batchOf(asBatch(item));
}

/** One operation of a batch at one place of the request. */
export interface Entry {
  place: number;
  data: unknown;
  /** Absent until the operation is processed; `waiting` if it is claimed and not settled. */
  outcome?: StoredOutcome;
}

/**
 * Reads every operation of a batch, in the order of the request. If the batch is read before, the entries
 * have at least the outcomes that it counts.
 *
 * @returns none if there is no such batch.
 */
export async function entries(context: Context, id: string): Promise<Entry[]> {
  const { keys } = context;
  const items = new FoundItems(await Array.fromAsync(itemsIn(context, keys.allOf(id))));
  const record = items.get(keys.batch(id));
  if (!record) return [];
  const { chunks } = asBatch(record);
  const all: Entry[] = [];
  for (let number = 0; number < chunks; number++) {
    const item = present(items.get(keys.chunk(id, number)), 'chunks are stored before their batch');
    const { operations, result } = asChunk(item, items.get(keys.result(id, number)));
    for (const [index, { places, data }] of operations.entries()) {
      const outcome = result?.outcomes[index];
      for (const place of places) all.push({ place, data, ...(outcome && { outcome }) });
    }
  }
  return all.sort((one, other) => one.place - other.place);
}
