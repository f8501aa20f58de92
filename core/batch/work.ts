import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { timestamp } from '../clock.ts';
import type { Action } from '../transaction/store.ts';
import { ACTIONS, type ChunkMessage, type Context, itemAt, readAll, untilDone } from './context.ts';
import { announced } from './finish.ts';
import type { Kind, Planned } from './kind.ts';
import { following, NEARLY_SETTLED, passOn, RUN } from './lanes.ts';
import { type Progress, progressUpdate } from './progress.ts';
import {
  asBatch,
  asChunk,
  type BatchRecord,
  batchOf,
  type ChunkRecord,
  hasEnded,
  type StoredOutcome,
  takesWork,
} from './record.ts';

/** How often an operation is planned anew because somebody came between, before that is its error. */
const PLANS = 6;

/** After how many deliveries a chunk is given up: the queue then hands its message to the dead letters. */
export const TRIES = 5;

/**
 * How long nobody else brings about the effects of a chunk, in milliseconds: somewhat longer than the minute that the function of a queue
 * may run, so whoever began is gone.
 */
const CARRIED = 70_000;

/** What this delivery finds a chunk to be, and whether it was the one that made it so. */
interface Reached {
  record: BatchRecord;
  chunk: ChunkRecord;
  mine: boolean;
}

/**
 * Works on a chunk, and on the next ones of its lane. A chunk is applied, counted and recorded in one transaction, so deliveries may be
 * doubled, late, or die anywhere.
 *
 * @param attempt how often the queue has delivered this message, from 1. The last of five that fails gives the chunk up; a redrive of
 * its dead letter takes it up again.
 * @throws whatever kept the chunk from being done; its message is to be delivered again.
 */
export async function work(context: Context, message: ChunkMessage, attempt: number): Promise<void> {
  let next: ChunkMessage | undefined;
  try {
    next = await workOn(context, message, attempt === 1);
  } catch (error) {
    if (attempt >= TRIES) await giveUp(context, message);
    else if (attempt === 1) await leave(context, message);
    throw error;
  }
  for (let done = 1; next && done < RUN; done++) {
    const message = next;
    try {
      next = await workOn(context, message, true);
    } catch {
      // It gets a message of its own, which is tried and given up like any other.
      break;
    }
  }
  if (next) await context.send(next.tenant, next);
}

/** Does one chunk, and tells which is the lane's next if it is for this delivery to go on with it. */
async function workOn(
  context: Context,
  message: ChunkMessage,
  isFirst: boolean,
): Promise<ChunkMessage | undefined> {
  const reached = await reach(context, message);
  if (!reached) return undefined;
  const { record, chunk, mine } = reached;
  if (chunk.state === 'waiting') {
    await carryOut(context, record, chunk, !mine);
    // With more to settle it is for whoever settles to go on.
    if (mine && chunk.waiting <= NEARLY_SETTLED) await passOn(context, record, message);
    return undefined;
  }
  await announced(context, record);
  // Only the delivery that did the chunk goes on with the lane, or lanes would multiply. A cancelled batch has nobody who did the
  // chunk, so there the first delivery does.
  return mine || (chunk.state !== 'done' && isFirst) ? await following(context, record, message) : undefined;
}

async function carryOut(
  context: Context,
  record: BatchRecord,
  chunk: ChunkRecord,
  again: boolean,
): Promise<void> {
  const waiting = chunk.operations.flatMap((operation, index) => {
    const outcome = chunk.outcomes?.[index];
    return outcome && 'waiting' in outcome ? [{ ...operation, chunk: chunk.chunk, index }] : [];
  });
  const kind = kindOf(context, record);
  if (!kind.carryOut || (again && !(await takeOver(context, chunk)))) return;
  await kind.carryOut({ batch: batchOf(record), chunk: chunk.chunk, waiting }, again);
}

/** Makes this delivery the one that brings about a chunk's effects, unless another may still be at it. */
async function takeOver(context: Context, { pk, sk, carriedUntil = 0 }: ChunkRecord): Promise<boolean> {
  const now = context.world.now();
  if (carriedUntil > now) return false;
  // A lost answer counts as a refusal: the next message tries again when the time is over.
  const { done } = await context.store.update({
    TableName: context.table(),
    Key: { pk, sk },
    UpdateExpression: 'SET carriedUntil = :until',
    ConditionExpression: '#state = :waiting AND carriedUntil = :was',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':until': now + CARRIED, ':waiting': 'waiting', ':was': carriedUntil },
  });
  return done;
}

function kindOf(context: Context, { kind }: Pick<BatchRecord, 'kind'>): Kind {
  const known = context.kinds[kind];
  if (!known) throw new Error(`no kind ${kind} of batches is known here`);
  return known;
}

/** A batch's record and one of its chunks, as they are now. */
export async function look(
  context: Context,
  batch: string,
  chunk: number,
): Promise<{ record: BatchRecord; chunk: ChunkRecord } | undefined> {
  const keys = { record: context.keys.batch(batch), chunk: context.keys.chunk(batch, chunk) };
  const items = await readAll(context, context.table(), Object.values(keys));
  const found = { record: itemAt(items, keys.record), chunk: itemAt(items, keys.chunk) };
  if (!found.record || !found.chunk) return undefined;
  return { record: asBatch(found.record), chunk: asChunk(found.chunk) };
}

/** Brings a chunk to where it was applied, by this delivery or another. */
async function reach(context: Context, message: ChunkMessage): Promise<Reached | undefined> {
  const by = context.world.unique();
  const began = timestamp(context.world.now());
  const stuck = new Map<number, number>();
  const reached = await untilDone(context, async () => {
    const found = await look(context, message.batch, message.chunk);
    if (!found) return 'unknown' as const;
    const { record, chunk } = found;
    const applied = chunk.state === 'done' || chunk.state === 'waiting';
    if (applied || !takesWork(record)) return { ...found, mine: chunk.by === by };
    const plan = await planned(context, record, chunk, stuck);
    return await apply(context, { ...found, plan, by, began }, stuck);
  });
  return reached === 'unknown' ? undefined : reached;
}

async function planned(
  context: Context,
  record: BatchRecord,
  { chunk, operations: stored }: ChunkRecord,
  stuck: Map<number, number>,
): Promise<Planned<unknown, unknown>[]> {
  const kind = kindOf(context, record);
  const batch = batchOf(record);
  const operations = stored.map((operation, index) => ({ ...operation, chunk, index }));
  const free = operations.filter(({ index }) => (stuck.get(index) ?? 0) < PLANS);
  const items = await readAll(context, kind.table(), kind.reads(free, batch));
  const plans = kind.plan(free, { get: (key) => itemAt(items, key) }, batch, context.world.now());
  if (plans.length !== free.length) throw new Error('a plan must say something of each operation');
  const byIndex = new Map(free.map(({ index }, position) => [index, plans[position]]));
  return operations.map(({ index }) => byIndex.get(index) ?? { error: kind.stuck });
}

interface Application {
  record: BatchRecord;
  chunk: ChunkRecord;
  plan: Planned<unknown, unknown>[];
  by: string;
  began: string;
}

/**
 * Applies, counts and records a chunk, all or nothing. Operations whose own conditions failed are noted in `stuck`.
 *
 * @returns where the chunk then stands; `undefined` if nothing was written.
 */
async function apply(
  context: Context,
  application: Application,
  stuck: Map<number, number>,
): Promise<Reached | undefined> {
  const { record, chunk, plan, by, began } = application;
  const outcomes = plan.map(outcomeOf);
  const weight = (which: (outcome: StoredOutcome) => boolean) =>
    outcomes.reduce(
      (sum, outcome, index) => sum + (which(outcome) ? (chunk.operations[index]?.places.length ?? 0) : 0),
      0,
    );
  const waiting = outcomes.filter((outcome) => 'waiting' in outcome).length;
  const progress: Progress = {
    succeeded: weight((outcome) => 'result' in outcome),
    failed: weight((outcome) => 'error' in outcome),
    inFlight: weight((outcome) => 'waiting' in outcome),
    chunk: chunkMove(chunk.state === 'dead', waiting > 0),
    began,
    now: timestamp(context.world.now()),
  };
  const own = plan.flatMap((one, index) =>
    'actions' in one ? (one.actions ?? []).map((action) => ({ action, index })) : [],
  );
  const { action: counted, after } = progressUpdate(context.table(), record, progress);
  const state = waiting > 0 ? 'waiting' : 'done';
  const carriedUntil = context.world.now() + CARRIED;
  const done: ChunkRecord = { ...chunk, state, outcomes, waiting, by, carriedUntil };
  const actions: Action[] = [counted, recorded(context, chunk, done), ...own.map(({ action }) => action)];
  if (actions.length > ACTIONS)
    throw new Error(`a chunk of ${record.kind} takes more than ${ACTIONS} actions`);
  const blame = (which: boolean[], times: number) => {
    const blamed = new Set(own.flatMap(({ index }, position) => (which[position + 2] ? [index] : [])));
    for (const index of blamed) stuck.set(index, (stuck.get(index) ?? 0) + times);
  };
  try {
    const end = await context.store.transact(actions);
    if (end.done) return { record: after, chunk: done, mine: true };
    const failed = end.reasons.map((reason) => reason.failed);
    blame(failed, 1);
  } catch (error) {
    // What DynamoDB will never take (an item that grew too large) is the failure of its operation, not of its neighbours.
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    const refused = reasons.map(({ Code }) => Code === 'ValidationError');
    if (!refused.slice(2).includes(true)) throw error;
    blame(refused, PLANS);
  }
  return undefined;
}

const chunkMove = (wasDead: boolean, waits: boolean): Progress['chunk'] =>
  wasDead ? (waits ? 'revives' : 'revives and closes') : waits ? 'stays' : 'closes';

const outcomeOf = (planned: Planned<unknown, unknown>): StoredOutcome => {
  if ('waiting' in planned) return { waiting: true };
  return 'error' in planned ? { error: planned.error } : { result: planned.result };
};

/** Records how a chunk's operations ended, once: it must be as it was read. */
const recorded = (
  context: Context,
  { pk, sk, state: was }: ChunkRecord,
  { state, outcomes, waiting, by, carriedUntil }: ChunkRecord,
): Action => ({
  Update: {
    TableName: context.table(),
    Key: { pk, sk },
    UpdateExpression:
      'SET #state = :state, outcomes = :outcomes, waiting = :waiting, #by = :by, carriedUntil = :until',
    ConditionExpression: '#state = :was',
    ExpressionAttributeNames: { '#state': 'state', '#by': 'by' },
    ExpressionAttributeValues: {
      ':state': state,
      ':outcomes': outcomes,
      ':waiting': waiting,
      ':by': by,
      ':until': carriedUntil,
      ':was': was,
    },
  },
});

/** A chunk that cannot be done now holds up nobody: its lane goes on, and its message comes again. */
async function leave(context: Context, message: ChunkMessage): Promise<void> {
  const found = await look(context, message.batch, message.chunk);
  if (found) await passOn(context, found.record, message);
}

/** Gives a chunk up. When no other is open the batch has ended, and says so. */
export async function giveUp(
  context: Context,
  message: Pick<ChunkMessage, 'batch' | 'chunk'>,
): Promise<void> {
  const record = await untilDone(context, async () => {
    const found = await look(context, message.batch, message.chunk);
    if (!found) return 'unknown' as const;
    if (found.chunk.state !== 'open' || hasEnded(found.record)) return found.record;
    const now = timestamp(context.world.now());
    const { pk, sk } = found.chunk;
    await context.store.transact([
      progressUpdate(context.table(), found.record, {
        ...{ succeeded: 0, failed: 0, inFlight: 0, chunk: 'dies', began: now, now },
      }).action,
      {
        Update: {
          TableName: context.table(),
          Key: { pk, sk },
          UpdateExpression: 'SET #state = :dead',
          ConditionExpression: '#state = :open',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':dead': 'dead', ':open': 'open' },
        },
      },
    ]);
    return undefined;
  });
  if (record !== 'unknown') await announced(context, record);
}
