import { timestamp } from '../clock.ts';
import { actionsPerTransactionMax } from '../dynamo/limits.ts';
import type { Action } from '../dynamo/store.ts';
import { type Chunk, type ChunkResult, countPlaces, resultItem, type StoredOutcome } from './chunk.ts';
import type { Context } from './context.ts';
import type { Planned } from './kind.ts';
import { progressUpdate } from './progress.ts';
import type { BatchRecord } from './record.ts';

/**
 * Lease on the side effects of a chunk. It is longer than the 60 seconds that the function of a queue may
 * run, so the delivery that held it has ended.
 */
export const sideEffectsLeaseMs = 70_000;

/** The one transaction that applies, counts and records a chunk. */
export interface ChunkTransaction {
  actions: Action[];
  /** For each action the index of the operation that it is of; `undefined` for those of the engine itself. */
  owners: (number | undefined)[];
  /** The batch after the transaction. */
  record: BatchRecord;
  /** The chunk after the transaction. */
  chunk: Chunk;
}

interface ChunkPlan {
  /** In the order of the chunk's operations. */
  plan: Planned<unknown, unknown>[];
  /** Id of the delivery. */
  by: string;
  /** Begin of the delivery; RFC 3339. */
  began: string;
}

/** @throws Error if the plan has more actions than a transaction takes. */
export function chunkTransaction(
  context: Context,
  record: BatchRecord,
  chunk: Chunk,
  { plan, by, began }: ChunkPlan,
): ChunkTransaction {
  const now = context.deps.now();
  const outcomes = plan.map(outcomeOf);
  const waiting = outcomes.filter((outcome) => 'waiting' in outcome).length;
  const state = waiting > 0 ? 'waiting' : 'done';
  const result: ChunkResult = { state, outcomes, waiting, by, carriedUntil: now + sideEffectsLeaseMs };
  const progress = { ...countOutcomes(chunk, result), began, now: timestamp(now) };
  const { action: count, after } = progressUpdate(context.table(), record, progress);
  const engineActions = [count, ...recordOutcomes(context, record, chunk, result)];
  const planActions = plan.flatMap((planned, index) =>
    'actions' in planned ? (planned.actions ?? []).map((action) => ({ action, index })) : [],
  );
  const actions = [...engineActions, ...planActions.map(({ action }) => action)];
  if (actions.length > actionsPerTransactionMax)
    throw new Error(`a chunk of ${record.kind} takes more than ${actionsPerTransactionMax} actions`);
  const owners = [...engineActions.map(() => undefined), ...planActions.map(({ index }) => index)];
  return { actions, owners, record: after, chunk: { ...chunk, result } };
}

const outcomeOf = (planned: Planned<unknown, unknown>): StoredOutcome => {
  if ('waiting' in planned) return { waiting: true };
  return 'error' in planned ? { error: planned.error } : { result: planned.result };
};

/** The change of the batch's numbers by a chunk's outcomes. */
function countOutcomes(chunk: Chunk, { outcomes, waiting }: ChunkResult) {
  const wasDead = chunk.result?.state === 'dead';
  const all = outcomes.map((outcome, index) => ({ outcome, index }));
  const closes = wasDead ? 'revives and closes' : 'closes';
  const stays = wasDead ? 'revives' : 'stays';
  return {
    succeeded: countPlaces(chunk, all, 'result'),
    failed: countPlaces(chunk, all, 'error'),
    inFlight: countPlaces(chunk, all, 'waiting'),
    chunk: waiting > 0 ? stays : closes,
  } as const;
}

/**
 * Records a chunk's outcomes, once. A redriven chunk also puts its batch back among the open batches, because
 * the batch has another end to come and to be reported.
 */
function recordOutcomes(
  context: Context,
  { id, tenant, order }: BatchRecord,
  { chunk, result: before }: Chunk,
  result: ChunkResult,
): Action[] {
  const TableName = context.table();
  const Item = resultItem(context.keys.result(id, chunk), chunk, result);
  if (!before) return [{ Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } }];
  const stillDead = {
    ConditionExpression: '#state = :dead',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':dead': 'dead' },
  };
  return [
    { Put: { TableName, Item, ...stillDead } },
    { Put: { TableName, Item: { ...context.keys.openAt(order), id, tenant } } },
  ];
}
