import { setTimeout as pause } from 'node:timers/promises';
import { present } from '../../core/invariant.ts';
import { region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Judge } from '../iam/judge.ts';
import type { InvocationOutcome } from '../lambda/environment.ts';
import { eventBytesMax, type Fleet } from '../lambda/fleet.ts';
import type { QueueFaults } from '../limits/queue-faults.ts';
import type { Log } from '../log.ts';
import type { QueueEngine, SqsQueue } from '../services/queue-engine.ts';
import type { Stack } from '../template/stack.ts';
import type { WorkSource } from './source.ts';

interface MappingProperties {
  readonly EventSourceArn?: string;
  readonly FunctionName: string;
  readonly Enabled?: boolean;
  readonly BatchSize?: number;
  /** Seconds. */
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
  readonly FilterCriteria?: object;
}

interface Mapping {
  readonly queue: SqsQueue;
  readonly queueArn: string;
  readonly functionId: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly reportsItemFailures: boolean;
  readonly concurrency: number;
}

/** Lambda's defaults for SQS event sources. */
const defaults = { batchSize: 10, concurrency: 5 };

/** Messages of one ReceiveMessage, as on SQS. */
const messagesPerReceiveMax = 10;

/** Long polling time of one wait for messages, in seconds. */
const longPollSeconds = 20;

/**
 * Starts the pollers of the template's SQS event source mappings.
 *
 * @throws CannotStart if the role of a mapping's function may not read its queue, because AWS refuses to
 * deploy such a mapping; also if queue or function do not exist, or if the mapping filters events.
 */
export function startQueuePollers(
  stack: Stack,
  engine: QueueEngine,
  fleet: Fleet,
  judge: Judge,
  log: Log,
  faults: QueueFaults,
): WorkSource {
  const pollers = stack
    .resources<MappingProperties>('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties.Enabled !== false)
    .map(({ logicalId, properties }) =>
      startPoller(readMapping(logicalId, properties, engine, fleet, judge), engine, fleet, log, faults),
    );
  return {
    async stop() {
      await Promise.all(pollers.map((poller) => poller.stop()));
    },
  };
}

function readMapping(
  logicalId: string,
  properties: MappingProperties,
  engine: QueueEngine,
  fleet: Fleet,
  judge: Judge,
): Mapping {
  const {
    EventSourceArn: queueArn = '',
    FunctionName,
    BatchSize,
    ScalingConfig,
    FilterCriteria,
  } = properties;
  const queue = engine.queues.getQueueByArn(queueArn);
  const spec = fleet.find(FunctionName);
  if (!queue || !spec)
    throw new CannotStart(`${logicalId} does not connect a queue of the stack to one of its functions`);
  if (FilterCriteria)
    throw new CannotStart(`${logicalId} filters events, which a local run does not support`);
  const needed = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
  const denied = judge.firstDenied(
    spec.role,
    needed.map((action) => ({ action, resource: queueArn })),
  );
  if (denied)
    throw new CannotStart(
      `${spec.logicalId} reads ${queue.name}, but its role may not ${denied.action} on it`,
    );
  return {
    queue,
    queueArn,
    functionId: spec.logicalId,
    batchSize: BatchSize ?? defaults.batchSize,
    windowMs: (properties.MaximumBatchingWindowInSeconds ?? 0) * 1_000,
    reportsItemFailures: properties.FunctionResponseTypes?.includes('ReportBatchItemFailures') === true,
    concurrency: ScalingConfig?.MaximumConcurrency ?? defaults.concurrency,
  };
}

function startPoller(
  mapping: Mapping,
  engine: QueueEngine,
  fleet: Fleet,
  log: Log,
  faults: QueueFaults,
): WorkSource {
  const { queue, concurrency } = mapping;
  const inFlight = new Set<Promise<void>>();
  let stopping = false;

  /** Delivers these messages after a time, once or twice, as soon as the mapping may run one more. */
  async function start(records: readonly SqsRecord[], lateMs = 0): Promise<void> {
    if (records.length === 0) return;
    const times = faults.isDoubled() ? 2 : 1;
    for (let count = 0; count < times; count++) {
      // Ends when one of the deliveries has ended.
      while (inFlight.size >= concurrency) await Promise.race(inFlight);
      const delivery: Promise<void> = (lateMs > 0 ? pause(lateMs) : Promise.resolve())
        .then(() => deliver(mapping, records, fleet, log))
        .finally(() => inFlight.delete(delivery));
      inFlight.add(delivery);
    }
  }

  async function loop(): Promise<void> {
    // Runs until stop(), which also ends the wait for messages.
    while (!stopping) {
      if (inFlight.size >= concurrency) {
        await Promise.race(inFlight);
        continue;
      }
      const batch = await gather(mapping, engine, () => stopping);
      if (batch.length === 0) continue;
      const late = batch.map((record) => ({ record, ms: faults.lateMs() }));
      await start(late.flatMap(({ record, ms }) => (ms === 0 ? [record] : [])));
      for (const { record, ms } of late) if (ms > 0) await start([record], ms);
    }
    await Promise.all(inFlight);
  }
  const running = loop();
  return {
    async stop() {
      stopping = true;
      queue.cancelWaiters();
      await running;
    },
  };
}

/** One message in the event of a function. */
interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, object>>;
  readonly md5OfBody: string;
  readonly eventSource: 'aws:sqs';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

/**
 * Waits for messages and takes a batch: those that are there, and more until the batching window has passed.
 *
 * @returns at most `batchSize` records, or about half of Lambda's event limit; none after a stop.
 */
async function gather(
  { queue, queueArn, batchSize, windowMs }: Mapping,
  { queues }: QueueEngine,
  isStopping: () => boolean,
): Promise<SqsRecord[]> {
  const records: SqsRecord[] = [];
  let bytes = 0;
  let deadline: number | undefined;
  // Each round adds messages or waits for them; it ends with a full batch, after the window, or at a stop.
  while (!isStopping()) {
    const wanted = Math.min(batchSize - records.length, messagesPerReceiveMax);
    const received = queue.dequeue(wanted, undefined, (arn) => queues.getQueueByArn(arn));
    for (const { MessageId, ReceiptHandle, Body, MD5OfBody } of received) {
      const entry = queue.inflightMessages.get(ReceiptHandle);
      const { message } = present(entry, 'a received message is in flight under its receipt handle');
      bytes += Buffer.byteLength(Body);
      records.push({
        messageId: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        attributes: {
          ApproximateReceiveCount: String(message.approximateReceiveCount),
          SentTimestamp: String(message.sentTimestamp),
          SenderId: 'local',
          ApproximateFirstReceiveTimestamp: String(
            present(message.approximateFirstReceiveTimestamp, 'a received message was received before'),
          ),
          ...(message.messageGroupId ? { MessageGroupId: message.messageGroupId } : {}),
          ...(message.sequenceNumber ? { SequenceNumber: message.sequenceNumber } : {}),
        },
        messageAttributes: Object.fromEntries(
          Object.entries(message.messageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
            name,
            { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue },
          ]),
        ),
        md5OfBody: MD5OfBody,
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn,
        awsRegion: region,
      });
    }
    if (records.length >= batchSize || bytes > eventBytesMax / 2) break;
    if (received.length === wanted) continue;
    if (records.length === 0) {
      await queue.waitForMessages(longPollSeconds);
      continue;
    }
    deadline ??= Date.now() + windowMs;
    const left = deadline - Date.now();
    if (left <= 0) break;
    await queue.waitForMessages(left / 1_000);
  }
  return records;
}

async function deliver(
  mapping: Mapping,
  records: readonly SqsRecord[],
  fleet: Fleet,
  log: Log,
): Promise<void> {
  const { queue, functionId } = mapping;
  const outcome = await fleet.deliver(functionId, JSON.stringify({ Records: records }));
  const failed = failedRecords(mapping, records, outcome);
  if (failed.size > 0)
    log.write('queue', `${functionId} failed ${failed.size} of ${records.length} messages of ${queue.name}`);
  // A failed message stays in flight until its visibility timeout has passed; then it is delivered again or
  // moves to the dead-letter queue.
  for (const { receiptHandle } of records) if (!failed.has(receiptHandle)) queue.deleteMessage(receiptHandle);
}

interface BatchAnswer {
  readonly batchItemFailures?: readonly { readonly itemIdentifier?: unknown }[] | null;
}

/**
 * The receipt handles of the messages that were not processed. A malformed or unknown identifier counts as a
 * failure of the whole batch, as on Lambda.
 */
function failedRecords(
  { reportsItemFailures }: Mapping,
  records: readonly SqsRecord[],
  outcome: InvocationOutcome,
): ReadonlySet<string> {
  const all = new Set(records.map(({ receiptHandle }) => receiptHandle));
  if (outcome.kind !== 'answer') return all;
  if (!reportsItemFailures) return new Set();
  const answer = JSON.parse(outcome.payload) as BatchAnswer | null;
  const failures = answer?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return all;
  const receipts = new Map(records.map(({ messageId, receiptHandle }) => [messageId, receiptHandle]));
  const failed = new Set<string>();
  for (const { itemIdentifier } of failures as { itemIdentifier?: unknown }[]) {
    const receipt = typeof itemIdentifier === 'string' ? receipts.get(itemIdentifier) : undefined;
    if (receipt === undefined) return all;
    failed.add(receipt);
  }
  return failed;
}
