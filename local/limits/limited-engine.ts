import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoEngine } from '../dynamodb/engine.ts';
import { type EngineServer, serveEngine } from '../dynamodb/engine-server.ts';
import { type TableShape, tableNamed } from '../dynamodb/table-shape.ts';
import type { Log } from '../log.ts';
import { randomOf } from '../random.ts';
import { type AwsAnswer, operationIn, Unanswered } from '../services/service.ts';
import { batchedReads, batchedWrites, joined, together } from './batch-parts.ts';
import { type Collections, openCollections } from './collections.ts';
import { type Manner, makeInFlight } from './in-flight.ts';
import type { Limits } from './limits.ts';
import { cancelled, inProgress, internalError, type Rejection, rejected } from './rejections.ts';
import { makeTokenBuckets } from './token-buckets.ts';
import { type ItemRequest, rangeTouch, type Touch, touchOf, transactionTouches } from './touches.ts';
import { unitsOf } from './units.ts';

export const noCounts: Readonly<LimitCounts> = { throttled: 0, conflict: 0, full: 0, failed: 0, lost: 0 };

/** Requests for one item, or one range, and what they do. */
const singleOperations: Readonly<Record<string, 'read' | 'write' | 'range'>> = {
  GetItem: 'read',
  PutItem: 'write',
  UpdateItem: 'write',
  DeleteItem: 'write',
  Query: 'range',
  Scan: 'range',
};

/** Items by the limit that rejected them, and requests by their fault. */
export type LimitCounts = Record<Rejection | 'failed' | 'lost', number>;

/** Serves one kind of request. It judges and begins without a wait, so that no other comes in between. */
type Serve = (
  target: string,
  operation: string,
  request: ItemRequest,
  sizes: Collections | undefined,
) => Promise<AwsAnswer>;

/** The limits and faults of AWS in front of an engine. */
export interface LimitedEngine extends EngineServer {
  /** Items so far that were rejected, and requests that failed before and after their effect. */
  counts(): Readonly<LimitCounts>;
}

/**
 * Puts AWS's limits and faults in front of an engine, for requests that are forwarded and for those that are
 * sent to its address. Requests on tables themselves, such as CreateTable, pass.
 *
 * @param limits asked for at each request, so that they can change while the engine runs.
 */
export async function limitEngine(
  engine: DynamoEngine,
  tables: readonly TableShape[],
  limits: () => Limits,
  log: Log,
): Promise<LimitedEngine> {
  const random = randomOf(limits().seed);
  const buckets = makeTokenBuckets(() => performance.now());
  const inFlight = makeInFlight();
  /** Opened when collections are limited for the first time, since it remembers every item. */
  let collections: Promise<Collections> | undefined;
  const tracked = async (): Promise<Collections | undefined> => {
    if (limits().collectionBytesMax < Number.POSITIVE_INFINITY)
      collections ??= openCollections(engine, tables).catch((error: unknown) => {
        collections = undefined;
        throw error;
      });
    return collections;
  };
  await tracked();
  const tokens = new Set<string>();
  const counts: LimitCounts = { ...noCounts };

  const rates = ({ table, access, partition }: Touch): [bucket: string, rate: number][] => {
    const { partitionWritesMax, partitionReadsMax, tableWritesMax, tableReadsMax } = limits();
    const isWrite = access === 'write';
    return [
      [`${access} ${table.name}`, isWrite ? tableWritesMax : tableReadsMax],
      ...(partition === undefined
        ? []
        : [[`${access} ${partition}`, isWrite ? partitionWritesMax : partitionReadsMax] as [string, number]]),
    ];
  };

  const rejectionOf = (
    touch: Touch | undefined,
    manner: Manner | undefined,
    sizes: Collections | undefined,
  ): Rejection | undefined => {
    if (!touch) return undefined;
    if (!rates(touch).every(([bucket, rate]) => buckets.hasUnits(bucket, rate))) return 'throttled';
    if (limits().requestMs > 0 && manner && touch.item !== undefined && inFlight.meets(touch.item, manner))
      return 'conflict';
    return sizes?.isFull(touch, limits().collectionBytesMax) ? 'full' : undefined;
  };

  /** Forwards a request that was admitted, and takes its units. It begins at once, without a wait. */
  async function perform(
    target: string,
    request: ItemRequest,
    touches: readonly Touch[],
    manner: Manner | undefined,
    sizes: Collections | undefined,
  ): Promise<AwsAnswer> {
    const { requestMs } = limits();
    const items = touches.flatMap(({ item }) => item ?? []);
    if (manner) inFlight.begin(items, manner);
    try {
      await pause(requestMs * random());
      const asked = { ...request, ReturnConsumedCapacity: 'INDEXES' };
      const answer = await engine.forward(target, JSON.stringify(asked));
      const units = unitsOf(
        touches,
        JSON.parse(String(answer.body)) as object,
        manner?.startsWith('trans') ?? false,
      );
      touches.forEach((touch, place) => {
        for (const [bucket, rate] of rates(touch)) buckets.take(bucket, rate, units[place] ?? 0);
      });
      if (answer.status === 200) await sizes?.note(touches);
      await pause(requestMs * random());
      return sizes && request.ReturnItemCollectionMetrics === 'SIZE' && answer.status === 200
        ? withMetrics(answer, sizes.metrics(touches, limits().collectionBytesMax))
        : answer;
    } finally {
      if (manner) inFlight.end(items, manner);
    }
  }

  /** The rejection of each touch, which is counted. A random throttle concerns the whole request. */
  function judge(
    touches: readonly (Touch | undefined)[],
    manner: Manner | undefined,
    sizes: Collections | undefined,
  ): (Rejection | undefined)[] {
    const isThrottled = random() < limits().throttledShare;
    const found = touches.map((touch) => (isThrottled ? 'throttled' : rejectionOf(touch, manner, sizes)));
    for (const rejection of found) if (rejection) counts[rejection]++;
    return found;
  }

  const single: Serve = async (target, operation, request, sizes) => {
    const table = tableNamed(tables, request.TableName);
    if (!table) return engine.forward(target, JSON.stringify(request));
    const kind = singleOperations[operation];
    const touch =
      kind === 'range' ? rangeTouch(table, operation, request) : touchOf(table, operation, request);
    const manner = kind === 'write' ? 'plain write' : undefined;
    const [rejection] = judge([touch], manner, sizes);
    return rejection ? rejected(rejection, random) : perform(target, request, [touch], manner, sizes);
  };

  const transaction: Serve = async (target, operation, request, sizes) => {
    const { ClientRequestToken: token } = request;
    if (token !== undefined && tokens.has(token)) return inProgress();
    const manner = operation === 'TransactGetItems' ? 'transactional read' : 'transactional write';
    const touches = transactionTouches(request, tables);
    const rejections = judge(touches, manner, sizes);
    if (rejections.some(Boolean)) {
      // AWS also throttles a transaction as a whole, by an exception of its own.
      const whole = rejections.every((rejection) => rejection === 'throttled') && random() < 0.5;
      return whole ? rejected('throttled', random) : cancelled(rejections, random);
    }
    if (token !== undefined) tokens.add(token);
    try {
      const known = touches.flatMap((touch) => touch ?? []);
      return await perform(target, request, known, manner, sizes);
    } finally {
      if (token !== undefined) tokens.delete(token);
    }
  };

  /**
   * A batch: what is throttled comes back as unprocessed, and if nothing is left, the batch is an exception.
   * A full collection is an exception, too, and the other puts of the batch are done, since it is not atomic.
   */
  const batch: Serve = async (target, operation, request, sizes) => {
    const manner = operation === 'BatchWriteItem' ? 'plain write' : undefined;
    const parts =
      operation === 'BatchWriteItem' ? batchedWrites(request, tables) : batchedReads(request, tables);
    if (parts.length === 0) return engine.forward(target, JSON.stringify(request));
    const all = parts.map(({ touch }) => touch);
    const rejections = judge(all, manner, sizes);
    const isFull = rejections.includes('full');
    const taken = parts.filter((_, place) => !rejections[place]);
    if (taken.length === 0) return rejected(isFull ? 'full' : 'throttled', random);
    const left = parts.filter((_, place) => rejections[place]);
    const touches = taken.flatMap(({ touch }) => touch ?? []);
    const answer = await perform(
      target,
      { ...request, RequestItems: together(taken) },
      touches,
      manner,
      sizes,
    );
    if (isFull) return rejected('full', random);
    if (left.length === 0 || answer.status !== 200) return answer;
    const body = JSON.parse(String(answer.body)) as Record<string, Record<string, unknown> | undefined>;
    const field = operation === 'BatchWriteItem' ? 'UnprocessedItems' : 'UnprocessedKeys';
    const unprocessed = together(left);
    for (const [name, more] of Object.entries(body[field] ?? {}))
      unprocessed[name] = joined(unprocessed[name], more);
    return { ...answer, body: JSON.stringify({ ...body, [field]: unprocessed }) };
  };

  async function answerTo(target: string, body: Buffer | string): Promise<AwsAnswer> {
    const operation = operationIn(target);
    const serve =
      operation in singleOperations
        ? single
        : operation.startsWith('Transact')
          ? transaction
          : operation.startsWith('Batch')
            ? batch
            : undefined;
    if (!serve) return engine.forward(target, body);
    const sizes = await tracked();
    const { failedShare, lostShare } = limits();
    if (random() < failedShare) {
      counts.failed++;
      return internalError();
    }
    const isLost = random() < lostShare;
    const answer = await serve(target, operation, JSON.parse(String(body)) as ItemRequest, sizes);
    if (!isLost || answer.status !== 200) return answer;
    counts.lost++;
    if (random() < 0.5) throw new Unanswered();
    return internalError();
  }

  return { ...(await serveEngine(answerTo, 'limits', log)), counts: () => ({ ...counts }) };
}

/** An answer with the sizes of item collections, which its request asked for. */
const withMetrics = (answer: AwsAnswer, metrics: Record<string, object[]>): AwsAnswer => ({
  ...answer,
  body: JSON.stringify({ ...(JSON.parse(String(answer.body)) as object), ItemCollectionMetrics: metrics }),
});
