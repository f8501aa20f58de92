import type { Action, Item } from '../dynamo/store.ts';
import type { Batch } from './record.ts';

/** One operation of a batch: what a system asked for, in its own terms. */
export interface Operation<D> {
  /** The places of the request that it answers, counted from 0; more than one where a caller repeated itself. */
  places: number[];
  data: D;
}

/** An operation and where it stands in its batch: what `settle` names it by. */
export interface PlacedOperation<D> extends Operation<D> {
  chunk: number;
  /** In its chunk. */
  index: number;
}

/** How an operation ended: with the system's own result, or its own error. Plain JSON. */
export type Outcome<R, E> = { result: R } | { error: E };

/**
 * What is to become of an operation: applied by these actions, which take effect together with its result; refused; or claimed for an
 * effect outside DynamoDB, which `settle` ends later. The actions of a claim must hold all that is needed to find out what became of
 * the effect.
 */
export type Planned<R, E> =
  | { result: R; actions?: Action[] }
  | { error: E }
  | { waiting: true; actions?: Action[] };

/** Items that were read for a plan, by key. */
interface Found {
  get(key: { pk: string; sk: string }): Item | undefined;
}

/** Where an operation stands that waits for an effect outside. */
interface WaitingChunk<D> {
  batch: Batch;
  chunk: number;
  /** The operations that wait. */
  waiting: PlacedOperation<D>[];
}

/**
 * What a system plugs in for one kind of batch. `D` is the data of an operation, `R` and `E` its result and its error.
 *
 * Actions must carry conditions that fail if what was planned from has changed: the chunk is then read and planned again.
 * A chunk's actions must not name one item twice (DynamoDB refuses that), and be at most 95 (of DynamoDB's 100).
 */
export interface Kind<D = unknown, R = unknown, E = unknown> {
  /** The table that `reads` look into. */
  table(): string;
  /** The items that a plan depends on. Read together, strongly consistent. */
  reads(operations: PlacedOperation<D>[], batch: Batch): { pk: string; sk: string }[];
  /** Pure: what is to become of each operation, in their order. `now` is in milliseconds since the epoch. */
  plan(operations: PlacedOperation<D>[], found: Found, batch: Batch, now: number): Planned<R, E>[];
  /** The error of an operation that could not be applied although it was planned, time and again: somebody always came between. */
  stuck: E;
  /**
   * Brings about the effects of a chunk's claims, or has them brought about; each is ended by `settle`. Only one delivery is at it at a
   * time, for 70 seconds. With `again` some of it may have happened already: it must find out, never repeat blindly.
   */
  carryOut?(chunk: WaitingChunk<D>, again: boolean): Promise<void>;
}
