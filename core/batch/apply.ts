import { timestamp } from '../clock.ts';
import { InvalidActions } from '../dynamo/errors.ts';
import { invariant } from '../invariant.ts';
import { isApplied, placedOperations } from './chunk.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type ChunkTransaction, chunkTransaction } from './chunk-transaction.ts';
import { kindOf, untilDone, type WorkContext } from './context.ts';
import type { Planned } from './kind.ts';
import type { LoadedChunk } from './load.ts';
import type { Prefetch } from './prefetch.ts';
import { batchOf, takesWork } from './record.ts';

/** Plans of one operation whose conditions may fail, before the kind's `stuck` error is its outcome. */
const plansPerOperationMax = 6;

/** Failed plans by the index of the operation. */
type FailedPlans = Map<number, number>;

/** The chunk after this delivery, and whether this delivery applied it. */
export interface AppliedChunk extends LoadedChunk {
  isMine: boolean;
}

/**
 * Applies a chunk, unless another delivery has applied it or its batch takes no more work. Idempotent: the
 * chunk's transaction fails if the chunk has a result.
 *
 * @returns `undefined` if there is no such chunk.
 * @throws Unavailable at the deadline of the store.
 */
export async function applyChunk(
  context: WorkContext,
  message: ChunkMessage,
  prefetch: Prefetch,
): Promise<AppliedChunk | undefined> {
  const by = context.deps.unique();
  const began = timestamp(context.deps.now());
  const failedPlans: FailedPlans = new Map();
  const applied = await untilDone(context, async () => {
    const loaded = await prefetch.loadChunk(message);
    if (!loaded) return 'unknown' as const;
    const { record, chunk } = loaded;
    // A transaction whose answer was lost is recognized by the id of its delivery.
    if (isApplied(chunk) || !takesWork(record)) return { ...loaded, isMine: chunk.result?.by === by };
    const plan = await planChunk(context, loaded, prefetch, failedPlans);
    const transaction = chunkTransaction(context, record, chunk, { plan, by, began });
    if (!(await commit(context, transaction, failedPlans))) return undefined;
    prefetch.noteApplied(transaction.record, transaction.actions);
    return { record: transaction.record, chunk: transaction.chunk, isMine: true };
  });
  return applied === 'unknown' ? undefined : applied;
}

async function planChunk(
  context: WorkContext,
  { record, chunk }: LoadedChunk,
  prefetch: Prefetch,
  failedPlans: FailedPlans,
): Promise<Planned<unknown, unknown>[]> {
  const kind = kindOf(context, record);
  const batch = batchOf(record);
  const operations = placedOperations(chunk);
  const plannable = operations.filter(({ index }) => (failedPlans.get(index) ?? 0) < plansPerOperationMax);
  const items = await prefetch.loadItems(kind, kind.reads(plannable, batch));
  const plans = kind.plan(plannable, items, batch, context.deps.now());
  invariant(plans.length === plannable.length, `kind ${record.kind} plans each operation`);
  const byIndex = new Map(plannable.map(({ index }, position) => [index, plans[position]]));
  return operations.map(({ index }) => byIndex.get(index) ?? { error: kind.stuck });
}

/**
 * Commits a chunk's transaction. If it fails, the operations whose own actions failed are counted in
 * `failedPlans`.
 *
 * @returns false if nothing was written.
 */
async function commit(
  context: WorkContext,
  { actions, owners }: ChunkTransaction,
  failedPlans: FailedPlans,
): Promise<boolean> {
  /** @returns false if none of the failed actions is of an operation. */
  const countFailed = (hasFailed: (action: number) => boolean, plans: number): boolean => {
    const failed = new Set(owners.filter((owner, action) => owner !== undefined && hasFailed(action)));
    for (const index of failed)
      if (index !== undefined) failedPlans.set(index, (failedPlans.get(index) ?? 0) + plans);
    return failed.size > 0;
  };
  try {
    const end = await context.store.transact(actions);
    if (end.done) return true;
    countFailed((action) => end.reasons[action]?.failed === true, 1);
  } catch (error) {
    // An action that DynamoDB will never take (its item grew too large) is the error of its operation, not of
    // the chunk's other operations.
    if (!(error instanceof InvalidActions)) throw error;
    const { places } = error;
    if (!countFailed((action) => places.includes(action), plansPerOperationMax)) throw error;
  }
  return false;
}
