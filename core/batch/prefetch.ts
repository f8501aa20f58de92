import { FoundItems, getAll, nameOf } from '../dynamo/get-all.ts';
import { keysPerGetMax } from '../dynamo/limits.ts';
import type { Action, Item, Key } from '../dynamo/store.ts';
import { type Chunk, isApplied, placed } from './chunk.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type Context, kindOf } from './context.ts';
import type { Kind } from './kind.ts';
import { look } from './load.ts';
import { type BatchRecord, batchOf, takesWork } from './record.ts';
import { RUN } from './tenant-queue.ts';

/**
 * What one delivery reads: for all the chunks that it may come to at once, which takes two requests instead of two for each. Nothing is lost if
 * that is outdated by the time of its chunk: the chunk's transaction then fails, and its chunk is read anew.
 */
export interface Ahead {
  /** A chunk and its batch. Asked again for the same chunk it forgets what it knows and reads. */
  chunk(message: ChunkMessage): Promise<{ record: BatchRecord; chunk: Chunk } | undefined>;
  /** The items that a plan depends on, by key. */
  items(kind: Kind, keys: Key[]): Promise<FoundItems>;
  /** Tells what a chunk's transaction made of its batch, and what it wrote: later chunks read that, since they may depend on it. */
  applied(record: BatchRecord, actions: Action[]): void;
}

export function readingAhead(context: Context): Ahead {
  let record: BatchRecord | undefined;
  let chunks = new Map<number, Chunk>();
  /** `undefined` for what is known not to be there. */
  const known = new Map<string, Item | undefined>();

  async function read({ batch, chunk }: ChunkMessage): Promise<void> {
    const numbers = Array.from({ length: RUN }, (_, n) => chunk + n);
    const seen = await look(context, batch, numbers);
    record = seen?.record;
    chunks = seen?.chunks ?? new Map();
    known.clear();
    if (!record || !takesWork(record) || !chunks.has(chunk)) return;
    const kind = kindOf(context, record);
    const keys = keysOf(kind, record, [...chunks.values()]);
    if (keys.length > keysPerGetMax) return;
    const items = await getAll(context.store, kind.table(), keys);
    for (const key of keys) known.set(nameOf(key), items.get(key));
  }

  return {
    async chunk(message) {
      if (record?.id !== message.batch || !chunks.has(message.chunk)) await read(message);
      const chunk = chunks.get(message.chunk);
      chunks.delete(message.chunk);
      return record && chunk && { record, chunk };
    },
    async items(kind, keys) {
      const unknown = keys.filter((key) => !known.has(nameOf(key)));
      const read = unknown.length > 0 ? await getAll(context.store, kind.table(), unknown) : new FoundItems();
      return new FoundItems(
        keys.flatMap((key): Item[] => {
          const item = known.get(nameOf(key)) ?? read.get(key);
          return item ? [item] : [];
        }),
      );
    },
    applied(after, actions) {
      record = after;
      for (const { Put, Update, Delete } of actions) {
        const key = Put?.Item ?? Update?.Key ?? Delete?.Key;
        if (key) known.delete(nameOf(key as unknown as Key));
      }
    },
  };
}

/** What the plans of the chunks that are to be done depend on, without a chunk whose kind cannot even say so: that is its own affair. */
function keysOf(kind: Kind, record: BatchRecord, chunks: Chunk[]): Key[] {
  const batch = batchOf(record);
  return chunks.flatMap((chunk) => {
    try {
      return isApplied(chunk) ? [] : kind.reads(placed(chunk), batch);
    } catch {
      return [];
    }
  });
}
