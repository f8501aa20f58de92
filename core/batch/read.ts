import { FoundItems, getAll } from '../dynamo/get-all.ts';
import { asChunk, type StoredOutcome } from './chunk.ts';
import { type Context, itemsIn } from './context.ts';
import { asBatch, type Batch, batchOf } from './record.ts';

export async function read(context: Context, id: string): Promise<Batch | undefined> {
  const item = await context.store.get(context.table(), context.keys.batch(id));
  return item && batchOf(asBatch(item));
}

/** One operation of a batch with how it ended, so far as it has; `waiting` for one whose effect outside is not settled. */
export interface Entry {
  place: number;
  data: unknown;
  outcome?: StoredOutcome;
}

/**
 * Every operation of a batch in the order of the request. Read the batch before: then at least what it counts is in here.
 */
export async function entries(context: Context, id: string): Promise<Entry[]> {
  const { keys } = context;
  const items = new FoundItems(await Array.fromAsync(itemsIn(context, keys.allOf(id))));
  const chunks = Number(items.get(keys.batch(id))?.chunks ?? 0);
  const all: Entry[] = [];
  for (let number = 0; number < chunks; number++) {
    const item = items.get(keys.chunk(id, number));
    const { operations, result } = asChunk(item ?? {}, items.get(keys.result(id, number)));
    for (const [index, { places, data }] of operations.entries()) {
      const outcome = result?.outcomes[index];
      for (const place of places) all.push({ place, data, ...(outcome && { outcome }) });
    }
  }
  return all.sort((one, other) => one.place - other.place);
}

/** A page of a list of batches, newest first, and how many it has in all. Any page costs the same. */
export async function list(
  context: Context,
  name: string,
  { limit, skip }: { limit: number; skip: number },
): Promise<{ batches: Batch[]; total: number }> {
  const { keys, store } = context;
  const table = context.table();
  const count = await store.get(table, keys.listCount(name));
  const total = Number(count?.n ?? 0);
  const newest = total - skip;
  const places = Array.from({ length: Math.max(0, Math.min(limit, newest)) }, (_, index) =>
    keys.listEntry(name, newest - index),
  );
  const listed = await getAll(context.store, table, places);
  const ids = places.map((place) => String(listed.get(place)?.id));
  const records = ids.map((id) => keys.batch(id));
  const found = await getAll(context.store, table, records);
  const batches = records.flatMap((key) => {
    const item = found.get(key);
    return item ? [batchOf(asBatch(item))] : [];
  });
  return { batches, total };
}
