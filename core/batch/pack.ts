import { present } from '../invariant.ts';
import type { Operation } from './kind.ts';

/** With three actions each they leave room for the chunk's own records in a transaction of 100 actions. */
const operationsPerChunkMax = 25;

/**
 * Operations of a chunk, as JSON. DynamoDB takes 400 KB an item; the same size is left for the outcomes in
 * their own item.
 */
const chunkBytesMax = 180_000;

/** An operation to be opened. */
export interface NewOperation<D> {
  data: D;
  /**
   * Names the item that it changes, if other operations of the batch may change the same. Operations on one
   * subject share a chunk, in their order, as long as the chunk has room.
   */
  subject?: string;
  /** Places of the request that it answers; by default the place after the operation before. */
  places?: number[];
}

/**
 * Packs a batch into chunks of at most 25 operations and 180 KB.
 *
 * A transaction cannot write an item twice, so operations on one subject stay together, and the plan of their
 * chunk sees them in order. They are separated only if they do not fit into one chunk.
 */
export function packChunks<D>(operations: NewOperation<D>[]): Operation<D>[][] {
  const chunks: Operation<D>[][] = [];
  let current: Operation<D>[] = [];
  let room = chunkBytesMax;
  for (const group of bySubject(operations)) {
    for (const part of splitGroup(group)) {
      const bytes = bytesOf(part);
      if (current.length + part.length > operationsPerChunkMax || bytes > room) {
        if (current.length > 0) chunks.push(current);
        current = [];
        room = chunkBytesMax;
      }
      current.push(...part);
      room -= bytes;
    }
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/** Groups operations by subject; a group is where its first operation was. */
function bySubject<D>(operations: NewOperation<D>[]): Operation<D>[][] {
  const groups = new Map<string, Operation<D>[]>();
  let place = 0;
  for (const [index, { data, subject, places = [place] }] of operations.entries()) {
    place = present(places.at(-1), 'an operation answers a place of the request') + 1;
    const name = subject === undefined ? `#${index}` : `=${subject}`;
    const group = groups.get(name);
    if (group) group.push({ places, data });
    else groups.set(name, [{ places, data }]);
  }
  return [...groups.values()];
}

/** Splits a group into parts that each fit into a chunk. */
function splitGroup<D>(group: Operation<D>[]): Operation<D>[][] {
  let part: Operation<D>[] = [];
  const parts = [part];
  for (const operation of group) {
    const isFull = part.length === operationsPerChunkMax || bytesOf([...part, operation]) > chunkBytesMax;
    if (part.length > 0 && isFull) {
      part = [operation];
      parts.push(part);
    } else part.push(operation);
  }
  return parts;
}

const bytesOf = (part: Operation<unknown>[]): number => Buffer.byteLength(JSON.stringify(part));
