import type { Operation } from './kind.ts';

/** The most operations of one chunk: with three actions each they leave room for the chunk's own records among DynamoDB's 100. */
const CHUNK = 25;

/** An operation to be done, and what it is done to, if others of the batch may be done to the same. */
export interface NewOperation<D> {
  data: D;
  /** Operations with the same subject share a chunk, in their order, as long as it has room. */
  subject?: string;
  /** The places of the request that it answers; the one after the operation before, unless told. */
  places?: number[];
}

/**
 * Cuts a batch into chunks.
 *
 * Chunks run beside each other, and a transaction cannot write an item twice. So operations on one subject stay together, and the
 * plan of their chunk sees them in order; more than a chunk's worth of them is the one case in which they part.
 */
export function packed<D>(operations: NewOperation<D>[], size = CHUNK): Operation<D>[][] {
  const groups = new Map<string, Operation<D>[]>();
  let place = 0;
  for (const [index, { data, subject, places = [place] }] of operations.entries()) {
    place = (places.at(-1) ?? place) + 1;
    const name = subject === undefined ? `#${index}` : `=${subject}`;
    const group = groups.get(name);
    if (group) group.push({ places, data });
    else groups.set(name, [{ places, data }]);
  }
  const chunks: Operation<D>[][] = [];
  let current: Operation<D>[] = [];
  for (const group of groups.values()) {
    for (let from = 0; from < group.length; from += size) {
      const part = group.slice(from, from + size);
      if (current.length + part.length > size) {
        chunks.push(current);
        current = [];
      }
      current.push(...part);
    }
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}
