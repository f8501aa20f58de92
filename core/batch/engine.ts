import { cancel } from './cancel.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type Claims, type ClaimsOptions, claimsIn, contextOf } from './claims.ts';
import type { WorkContext } from './context.ts';
import type { Kind } from './kind.ts';
import { list } from './lists.ts';
import { type NewBatch, open } from './open.ts';
import { type Entry, entries, read } from './read.ts';
import type { Batch } from './record.ts';
import { sweep } from './sweep.ts';
import { work } from './work.ts';

export interface EngineOptions extends ClaimsOptions {
  kinds: Readonly<Record<string, Kind>>;
}

/** The asynchronous batches of one system. See README.md beside this file. */
export interface Engine extends Claims {
  open<D>(batch: NewBatch<D>): Promise<Batch>;
  work(message: ChunkMessage, attempt: number): Promise<void>;
  cancel(id: string): Promise<{ canceled: boolean; batch: Batch } | undefined>;
  read(id: string): Promise<Batch | undefined>;
  entries(id: string): Promise<Entry[]>;
  list(name: string, page: { limit: number; skip: number }): Promise<{ batches: Batch[]; total: number }>;
  sweep(): Promise<number>;
}

/** Creates a system's engine. It sends no request before it is used. */
export function openEngine(options: EngineOptions): Engine {
  const context: WorkContext = { ...contextOf(options), kinds: options.kinds };
  return {
    open: (batch) => open(context, batch),
    work: (message, attempt) => work(context, message, attempt),
    ...claimsIn(context),
    cancel: (id) => cancel(context, id),
    read: (id) => read(context, id),
    entries: (id) => entries(context, id),
    list: (name, page) => list(context, name, page),
    sweep: () => sweep(context),
  };
}
