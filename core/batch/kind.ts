import type { Action, Item } from '../dynamo/store.ts';
import type { Batch } from './record.ts';

/** One operation of a batch. */
export interface Operation<D> {
  /** The places of the request that it answers, from 0; more than one if the caller repeated an operation. */
  places: number[];
  /** The system's own data. */
  data: D;
}

/** An operation and its place in the batch, by which `settle` names it. */
export interface PlacedOperation<D> extends Operation<D> {
  /** Number of its chunk, from 0. */
  chunk: number;
  /** Its place in the chunk, from 0. */
  index: number;
}

/** The outcome of an operation: the system's own result, or its own error. Plain JSON. */
export type Outcome<R, E> = { result: R } | { error: E };

/**
 * The plan of an operation. `result`: applied by these actions, in one transaction with the result. `error`:
 * cannot be applied. `waiting`: claimed for a side effect outside DynamoDB, and ended later by `settle`; the
 * actions of a claim must store all that is needed to find out whether the side effect happened.
 */
export type Planned<R, E> =
  | { result: R; actions?: Action[] }
  | { error: E }
  | { waiting: true; actions?: Action[] };

/** Items that were read for a plan, by key. */
interface Found {
  get(key: { pk: string; sk: string }): Item | undefined;
}

/** A chunk with claims that are not settled. */
interface WaitingChunk<D> {
  batch: Batch;
  chunk: number;
  /** The claimed operations. */
  waiting: PlacedOperation<D>[];
}

/**
 * The part that a system plugs in for one kind of batch. `D` is the data of an operation, `R` and `E` its
 * result and its error.
 *
 * Actions must carry conditions that fail if the items of the plan have changed; the chunk is then read and
 * planned again. The actions of a chunk must not name one item twice (DynamoDB rejects that), and are at most
 * 95 of the 100 that a transaction takes.
 */
export interface Kind<D = unknown, R = unknown, E = unknown> {
  /** Name of the table that `reads` refers to. */
  table(): string;
  /** Keys of the items that a plan depends on. They are read in one request, strongly consistent. */
  reads(operations: PlacedOperation<D>[], batch: Batch): { pk: string; sk: string }[];
  /**
   * Plans each operation, in their order. Pure.
   *
   * @param now milliseconds since the Unix epoch.
   */
  plan(operations: PlacedOperation<D>[], found: Found, batch: Batch, now: number): Planned<R, E>[];
  /** The error of an operation whose conditions failed again and again because of concurrent writes. */
  stuck: E;
  /**
   * Runs the side effects of a chunk's claims, or starts them; `settle` ends each claim. One delivery at a
   * time does this, under a lease of 70 seconds.
   *
   * @param again true if an earlier delivery may have run some of them: find out what happened, and never
   * repeat a side effect blindly.
   */
  runSideEffects?(chunk: WaitingChunk<D>, again: boolean): Promise<void>;
}
