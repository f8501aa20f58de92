import { timestamp } from '../clock.ts';
import { InvalidActions } from '../dynamo/errors.ts';
import { type Chunk, isApplied, placed } from './chunk.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type ChunkTransaction, chunkTransaction } from './chunk-transaction.ts';
import { type Context, kindOf, untilDone } from './context.ts';
import type { Planned } from './kind.ts';
import type { Ahead } from './prefetch.ts';
import { type BatchRecord, batchOf, takesWork } from './record.ts';

/** How often an operation is planned anew because somebody came between, before that is its error. */
const PLANS = 6;

/** How often the conditions of an operation failed, by its index. */
type Stuck = Map<number, number>;

/** What this delivery finds a chunk to be, and whether it was the one that made it so. */
export interface Reached {
  record: BatchRecord;
  chunk: Chunk;
  mine: boolean;
}

/**
 * Brings a chunk to where it was applied, by this delivery or another; or leaves it, if its batch takes no more work.
 *
 * @returns `undefined` if there is no such chunk.
 */
export async function reach(
  context: Context,
  message: ChunkMessage,
  ahead: Ahead,
): Promise<Reached | undefined> {
  const by = context.deps.unique();
  const began = timestamp(context.deps.now());
  const stuck: Stuck = new Map();
  const reached = await untilDone(context, async () => {
    const found = await ahead.chunk(message);
    if (!found) return 'unknown' as const;
    const { record, chunk } = found;
    if (isApplied(chunk) || !takesWork(record)) return { ...found, mine: chunk.result?.by === by };
    const plan = await planned(context, record, chunk, ahead, stuck);
    const transaction = chunkTransaction(context, record, chunk, { plan, by, began });
    if (!(await apply(context, transaction, stuck))) return undefined;
    ahead.applied(transaction.record, transaction.actions);
    return { record: transaction.record, chunk: transaction.chunk, mine: true };
  });
  return reached === 'unknown' ? undefined : reached;
}

async function planned(
  context: Context,
  record: BatchRecord,
  chunk: Chunk,
  ahead: Ahead,
  stuck: Stuck,
): Promise<Planned<unknown, unknown>[]> {
  const kind = kindOf(context, record);
  const batch = batchOf(record);
  const operations = placed(chunk);
  const free = operations.filter(({ index }) => (stuck.get(index) ?? 0) < PLANS);
  const items = await ahead.items(kind, kind.reads(free, batch));
  const plans = kind.plan(free, items, batch, context.deps.now());
  if (plans.length !== free.length) throw new Error('a plan must say something of each operation');
  const byIndex = new Map(free.map(({ index }, position) => [index, plans[position]]));
  return operations.map(({ index }) => byIndex.get(index) ?? { error: kind.stuck });
}

/** Writes it, all or nothing; false if nothing. Operations whose own conditions failed are noted in `stuck`. */
async function apply(
  context: Context,
  { actions, owners }: ChunkTransaction,
  stuck: Stuck,
): Promise<boolean> {
  const blame = (failed: boolean[], times: number): boolean => {
    const blamed = new Set(owners.filter((owner, action) => owner !== undefined && failed[action]));
    for (const index of blamed) if (index !== undefined) stuck.set(index, (stuck.get(index) ?? 0) + times);
    return blamed.size > 0;
  };
  try {
    const end = await context.store.transact(actions);
    if (end.done) return true;
    const failed = end.reasons.map((reason) => reason.failed);
    blame(failed, 1);
  } catch (error) {
    // What DynamoDB will never take (an item that grew too large) is the failure of its operation, not of its neighbours.
    if (!(error instanceof InvalidActions)) throw error;
    const { places } = error;
    if (
      !blame(
        actions.map((_, action) => places.includes(action)),
        PLANS,
      )
    )
      throw error;
  }
  return false;
}
