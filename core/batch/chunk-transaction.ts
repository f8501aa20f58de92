import { timestamp } from '../clock.ts';
import { actionsPerTransactionMax } from '../dynamo/limits.ts';
import type { Action } from '../dynamo/store.ts';
import { type Chunk, type ChunkResult, placesOf, resultItem, type StoredOutcome } from './chunk.ts';
import type { Context } from './context.ts';
import type { Planned } from './kind.ts';
import { progressUpdate } from './progress.ts';
import type { BatchRecord } from './record.ts';

/**
 * How long nobody else brings about the effects of a chunk, in milliseconds: somewhat longer than the minute that the function of a queue
 * may run, so whoever began is gone.
 */
export const CARRIED = 70_000;

/** The one transaction that applies, counts and records a chunk. */
export interface ChunkTransaction {
  actions: Action[];
  /** For each action the index of the operation that it is of; `undefined` for those of the engine itself. */
  owners: (number | undefined)[];
  /** What it makes of the batch and the chunk. */
  record: BatchRecord;
  chunk: Chunk;
}

interface Done {
  plan: Planned<unknown, unknown>[];
  /** The delivery. */
  by: string;
  /** When it began; RFC 3339. */
  began: string;
}

/** @throws Error if the plan has more actions than a transaction takes. */
export function chunkTransaction(
  context: Context,
  record: BatchRecord,
  chunk: Chunk,
  { plan, by, began }: Done,
): ChunkTransaction {
  const now = context.deps.now();
  const outcomes = plan.map(outcomeOf);
  const waiting = outcomes.filter((outcome) => 'waiting' in outcome).length;
  const state = waiting > 0 ? 'waiting' : 'done';
  const result: ChunkResult = { state, outcomes, waiting, by, carriedUntil: now + CARRIED };
  const progress = { ...counted(chunk, result), began, now: timestamp(now) };
  const { action: counting, after } = progressUpdate(context.table(), record, progress);
  const engines = [counting, ...recording(context, record, chunk, result)];
  const own = plan.flatMap((planned, index) =>
    'actions' in planned ? (planned.actions ?? []).map((action) => ({ action, index })) : [],
  );
  const actions = [...engines, ...own.map(({ action }) => action)];
  if (actions.length > actionsPerTransactionMax)
    throw new Error(`a chunk of ${record.kind} takes more than ${actionsPerTransactionMax} actions`);
  const owners = [...engines.map(() => undefined), ...own.map(({ index }) => index)];
  return { actions, owners, record: after, chunk: { ...chunk, result } };
}

const outcomeOf = (planned: Planned<unknown, unknown>): StoredOutcome => {
  if ('waiting' in planned) return { waiting: true };
  return 'error' in planned ? { error: planned.error } : { result: planned.result };
};

/** What a chunk's outcomes add to the numbers of its batch. */
function counted(chunk: Chunk, { outcomes, waiting }: ChunkResult) {
  const wasDead = chunk.result?.state === 'dead';
  const all = outcomes.map((outcome, index) => ({ outcome, index }));
  const closes = wasDead ? 'revives and closes' : 'closes';
  const stays = wasDead ? 'revives' : 'stays';
  return {
    succeeded: placesOf(chunk, all, 'result'),
    failed: placesOf(chunk, all, 'error'),
    inFlight: placesOf(chunk, all, 'waiting'),
    chunk: waiting > 0 ? stays : closes,
  } as const;
}

/** Records how a chunk's operations ended, once. A batch that ended without this chunk has another end to come, and to be announced. */
function recording(
  context: Context,
  { id, tenant, order }: BatchRecord,
  { chunk, result: was }: Chunk,
  result: ChunkResult,
): Action[] {
  const TableName = context.table();
  const Item = resultItem(context.keys.result(id, chunk), chunk, result);
  if (!was) return [{ Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } }];
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
