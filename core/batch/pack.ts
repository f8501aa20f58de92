import type { Operation } from './kind.ts';

/** The most operations of one chunk: with three actions each they leave room for the chunk's own records among DynamoDB's 100. */
const CHUNK = 25;

/** The most that the operations of one chunk take as JSON, in bytes. An item may have 400 KB; as much again is left for their outcomes. */
const BYTES = 180_000;

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
 * A transaction cannot write an item twice, so operations on one subject stay together, and the plan of their chunk sees them in order; more
 * of them than a chunk holds is the one case in which they part.
 */
export function packed<D>(operations: NewOperation<D>[]): Operation<D>[][] {
  const chunks: Operation<D>[][] = [];
  let current: Operation<D>[] = [];
  let room = BYTES;
  for (const group of bySubject(operations)) {
    for (const part of cut(group)) {
      const bytes = sizeOf(part);
      if (current.length + part.length > CHUNK || bytes > room) {
        if (current.length > 0) chunks.push(current);
        current = [];
        room = BYTES;
      }
      current.push(...part);
      room -= bytes;
    }
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/** Operations on one subject together, where the first of them was. */
function bySubject<D>(operations: NewOperation<D>[]): Operation<D>[][] {
  const groups = new Map<string, Operation<D>[]>();
  let place = 0;
  for (const [index, { data, subject, places = [place] }] of operations.entries()) {
    place = (places.at(-1) ?? place) + 1;
    const name = subject === undefined ? `#${index}` : `=${subject}`;
    const group = groups.get(name);
    if (group) group.push({ places, data });
    else groups.set(name, [{ places, data }]);
  }
  return [...groups.values()];
}

/** A group as it is, or what a chunk holds of it at a time. */
function cut<D>(group: Operation<D>[]): Operation<D>[][] {
  const parts: Operation<D>[][] = [[]];
  for (const operation of group) {
    const last = parts.at(-1) ?? [];
    if (last.length > 0 && (last.length === CHUNK || sizeOf([...last, operation]) > BYTES))
      parts.push([operation]);
    else last.push(operation);
  }
  return parts;
}

const sizeOf = (part: Operation<unknown>[]): number => Buffer.byteLength(JSON.stringify(part));
