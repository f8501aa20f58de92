import type { Item, Key } from '../dynamo/store.ts';
import type { Operation, Outcome, PlacedOperation } from './kind.ts';

/** What a batch is cut into: applied, counted and recorded in one transaction. Never changed once it is opened. */
export interface Chunk {
  chunk: number;
  operations: Operation<unknown>[];
  /** Absent while it is open, which is to say not done. */
  result?: ChunkResult;
}

export type StoredOutcome = Outcome<unknown, unknown> | { waiting: true };

/** What became of a chunk, in an item of its own: so that recording it does not write the operations once more. */
export interface ChunkResult {
  /** `waiting`: applied, but effects outside are not settled. `dead`: given up after several tries. */
  state: 'waiting' | 'done' | 'dead';
  /** In the order of the operations; none for a dead chunk. */
  outcomes: StoredOutcome[];
  /** How many outcomes are waiting. It only falls, so it also tells one settlement from the next. */
  waiting: number;
  /** The delivery that did it. */
  by: string;
  /** Until when somebody may still be at bringing about its effects, in milliseconds since the epoch. */
  carriedUntil: number;
}

/** Whether a chunk's operations were applied, for good. */
export const isApplied = ({ result }: Chunk): boolean => result !== undefined && result.state !== 'dead';

/** A chunk's operations with where they stand. */
export const placed = ({ chunk, operations }: Chunk): PlacedOperation<unknown>[] =>
  operations.map((operation, index) => ({ ...operation, chunk, index }));

/** Whether an operation is claimed for an effect that is not settled. */
export function isWaiting({ result }: Chunk, index: number): boolean {
  const outcome = result?.outcomes[index];
  return outcome !== undefined && 'waiting' in outcome;
}

/** How many places of the request the outcomes of this sort answer. */
export const placesOf = (
  { operations }: Chunk,
  outcomes: { index: number; outcome: StoredOutcome }[],
  sort: 'result' | 'error' | 'waiting',
): number =>
  outcomes
    .filter(({ outcome }) => sort in outcome)
    .reduce((sum, { index }) => sum + (operations[index]?.places.length ?? 0), 0);

/** Operations and outcomes are kept as JSON text: half the time of DynamoDB's nested maps, and nobody looks into them there. */
export const chunkItem = (key: Key, { chunk, operations }: Chunk): Item => ({
  ...key,
  chunk,
  operations: JSON.stringify(operations),
});

export const asChunk = (item: Item, result: Item | undefined): Chunk => ({
  chunk: Number(item.chunk),
  operations: JSON.parse(String(item.operations)) as Chunk['operations'],
  ...(result && { result: asResult(result) }),
});

export const resultItem = (key: Key, chunk: number, result: ChunkResult): Item => ({
  ...key,
  chunk,
  ...result,
  outcomes: JSON.stringify(result.outcomes),
});

const asResult = (item: Item): ChunkResult => ({
  ...(item as unknown as ChunkResult),
  outcomes: JSON.parse(String(item.outcomes)) as StoredOutcome[],
});
