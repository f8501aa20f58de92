import type { Item, Key } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant, present } from '../invariant.ts';
import { areTexts, isCount, listFrom } from './attributes.ts';
import type { Operation, Outcome, PlacedOperation } from './kind.ts';

/** A part of a batch that one transaction applies, counts and records. Its operations never change. */
export interface Chunk {
  /** Number of the chunk in its batch, from 0. */
  chunk: number;
  operations: Operation<unknown>[];
  /** Absent while the chunk is open: neither applied nor given up. */
  result?: ChunkResult;
}

export type StoredOutcome = Outcome<unknown, unknown> | { waiting: true };

/**
 * Outcomes of a chunk. They are an item of their own, so that recording them does not write the operations
 * again.
 */
export interface ChunkResult {
  /** `waiting`: applied, but some claims are not settled. `dead`: given up after several deliveries. */
  state: 'waiting' | 'done' | 'dead';
  /** In the order of the operations; none for a dead chunk. */
  outcomes: StoredOutcome[];
  /**
   * Outcomes that are waiting. The number only falls, so it also identifies the state before a settlement.
   */
  waiting: number;
  /** Id of the delivery that applied the chunk. */
  by: string;
  /** End of the lease on the chunk's side effects, in milliseconds since the Unix epoch. */
  carriedUntil: number;
}

/** True if a chunk's operations were applied, for good. */
export const isApplied = ({ result }: Chunk): boolean => result !== undefined && result.state !== 'dead';

/** A chunk's operations with their places in the batch. */
export const placedOperations = ({ chunk, operations }: Chunk): PlacedOperation<unknown>[] =>
  operations.map((operation, index) => ({ ...operation, chunk, index }));

/** True if an operation is claimed for a side effect and not settled. */
export function isWaiting({ result }: Chunk, index: number): boolean {
  const outcome = result?.outcomes[index];
  return outcome !== undefined && 'waiting' in outcome;
}

/** Number of places of the request that outcomes of this sort answer. */
export const countPlaces = (
  { operations }: Chunk,
  outcomes: { index: number; outcome: StoredOutcome }[],
  sort: 'result' | 'error' | 'waiting',
): number =>
  outcomes
    .filter(({ outcome }) => sort in outcome)
    .reduce(
      (sum, { index }) =>
        sum + present(operations[index], 'an outcome belongs to an operation').places.length,
      0,
    );

/**
 * Operations and outcomes are stored as JSON text, which takes half the time of DynamoDB's nested maps; no
 * expression reads into them.
 */
export const chunkItem = (key: Key, { chunk, operations }: Chunk): Item => ({
  ...key,
  chunk,
  operations: JSON.stringify(operations),
});

export const resultItem = (key: Key, chunk: number, result: ChunkResult): Item => ({
  ...key,
  chunk,
  ...result,
  outcomes: JSON.stringify(result.outcomes),
});

/**
 * Parses a chunk.
 *
 * @param result the item with its outcomes, if there is one.
 * @throws BrokenInvariant for an item that this code cannot have written.
 */
export function asChunk(item: Item, result: Item | undefined): Chunk {
  assertVersion(item, 'chunk');
  const { chunk, operations } = item;
  invariant(isCount(chunk) && typeof operations === 'string', 'a chunk has a number and operations');
  const parsed: Chunk = { chunk, operations: listFrom(operations) };
  return result ? { ...parsed, result: asResult(result, parsed) } : parsed;
}

function asResult(item: Item, { operations }: Chunk): ChunkResult {
  const { state } = asChunkState(item);
  invariant(isResult(item), 'a result has outcomes as text, a lease and a delivery');
  const { waiting, by, carriedUntil } = item;
  const outcomes = listFrom<StoredOutcome>(item.outcomes);
  const operationsEnded = state === 'dead' ? 0 : operations.length;
  invariant(outcomes.length === operationsEnded, 'a result has an outcome for each operation');
  return { state, outcomes, waiting, by, carriedUntil };
}

const isResult = (
  item: Item,
): item is Item & Omit<ChunkResult, 'outcomes' | 'state'> & { outcomes: string } =>
  areTexts(item, ['outcomes', 'by']) && isCount(item.waiting) && typeof item.carriedUntil === 'number';

/** Attributes of a result that `asChunkState` needs. */
export const chunkStateAttributes = ['v', 'chunk', 'state'];

/**
 * Parses the number and the state of a chunk from its result.
 *
 * @throws BrokenInvariant for an item that this code cannot have written.
 */
export function asChunkState(item: Item): { chunk: number; state: ChunkResult['state'] } {
  assertVersion(item, 'result of a chunk');
  const { chunk, state } = item;
  invariant(isCount(chunk), 'a result has the number of its chunk');
  invariant(state === 'waiting' || state === 'done' || state === 'dead', 'a result has a state');
  return { chunk, state };
}
