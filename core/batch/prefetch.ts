import { FoundItems, getAll, nameOf } from '../dynamo/get-all.ts';
import { keysPerGetMax } from '../dynamo/limits.ts';
import type { Action, Item, Key } from '../dynamo/store.ts';
import { type Chunk, isApplied, placedOperations } from './chunk.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { kindOf, type WorkContext } from './context.ts';
import type { Kind } from './kind.ts';
import { type LoadedChunk, loadChunks } from './load.ts';
import { type BatchRecord, batchOf, takesWork } from './record.ts';
import { chunksPerMessageMax } from './tenant-queue.ts';

/**
 * Items of one delivery, read in two requests for all the chunks that it may apply, instead of two requests
 * for each. Items that are outdated by the time of their chunk do no harm: the chunk's transaction fails, and
 * the chunk is read again.
 */
export interface Prefetch {
  /** Loads a chunk and its batch. A second call for the same chunk discards everything and reads again. */
  loadChunk(message: ChunkMessage): Promise<LoadedChunk | undefined>;
  /** Loads the items that a plan depends on, by key. */
  loadItems(kind: Kind, keys: Key[]): Promise<FoundItems>;
  /**
   * Notes a chunk's transaction: the batch after it, and the items that it wrote, which later chunks may
   * depend on and therefore read again.
   */
  noteApplied(record: BatchRecord, actions: Action[]): void;
}

/** The prefetch of one delivery. */
export function prefetchFor(context: WorkContext): Prefetch {
  let record: BatchRecord | undefined;
  let chunks = new Map<number, Chunk>();
  /** `undefined` for an item that does not exist. */
  const known = new Map<string, Item | undefined>();

  async function read({ batch, chunk }: ChunkMessage): Promise<void> {
    const numbers = Array.from({ length: chunksPerMessageMax }, (_, n) => chunk + n);
    const loaded = await loadChunks(context, batch, numbers);
    record = loaded?.record;
    chunks = loaded?.chunks ?? new Map();
    known.clear();
    if (!record || !takesWork(record) || !chunks.has(chunk)) return;
    const kind = kindOf(context, record);
    const keys = keysOf(kind, record, [...chunks.values()]);
    if (keys.length > keysPerGetMax) return;
    const items = await getAll(context.store, kind.table(), keys);
    for (const key of keys) known.set(nameOf(key), items.get(key));
  }

  return {
    async loadChunk(message) {
      if (record?.id !== message.batch || !chunks.has(message.chunk)) await read(message);
      const chunk = chunks.get(message.chunk);
      chunks.delete(message.chunk);
      return record && chunk && { record, chunk };
    },
    async loadItems(kind, keys) {
      const unknown = keys.filter((key) => !known.has(nameOf(key)));
      const read = unknown.length > 0 ? await getAll(context.store, kind.table(), unknown) : new FoundItems();
      return new FoundItems(
        keys.flatMap((key): Item[] => {
          const item = known.get(nameOf(key)) ?? read.get(key);
          return item ? [item] : [];
        }),
      );
    },
    noteApplied(after, actions) {
      record = after;
      for (const { Put, Update, Delete } of actions) {
        const key = Put?.Item ?? Update?.Key ?? Delete?.Key;
        if (key) known.delete(nameOf({ pk: key.pk, sk: key.sk }));
      }
    },
  };
}

/**
 * Keys of the items that the plans of open chunks depend on. A chunk whose keys cannot be computed is left
 * out; its own turn reports the error.
 */
function keysOf(kind: Kind, record: BatchRecord, chunks: Chunk[]): Key[] {
  const batch = batchOf(record);
  return chunks.flatMap((chunk) => {
    try {
      return isApplied(chunk) ? [] : kind.reads(placedOperations(chunk), batch);
    } catch {
      return [];
    }
  });
}
