import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import type { Worker } from './contract/worker.ts';
import { withinInvocation } from './deadline.ts';
import { describe, log } from './log.ts';

type Message<W extends Worker> = z.output<W['message']>;
type Result<W extends Worker> = W['result'] extends z.ZodType ? Promise<z.input<W['result']>> : Promise<void>;

/**
 * The error for the trigger: only its name, by which a workflow chooses what follows. The rest is in the log,
 * since its text may quote data.
 */
function withoutText(error: unknown): Error {
  const bare = new Error('see the log of the worker');
  bare.name = error instanceof Error ? error.name : 'Error';
  // Lambda passes the stack on, and a workflow would keep it in its state.
  bare.stack = `${bare.name}: ${bare.message}`;
  return bare;
}

/**
 * Makes the Lambda handler of a worker. Every trigger delivers at least once, so the work must be idempotent.
 *
 * Of a queue's messages only those that failed are delivered again, until they end in the dead-letter queue.
 * The message of a scheduled worker is the event of EventBridge, that of a workflow step its input.
 *
 * @param work gets the parsed message and the number of its deliveries so far, from 1.
 */
export function consume<W extends Worker>(
  worker: W,
  work: (message: Message<W>, deliveries: number) => Result<W>,
) {
  const attempt = async (message: unknown, deliveries = 1): Promise<unknown> => {
    try {
      const result = await work(worker.message.parse(message) as Message<W>, deliveries);
      return worker.result?.parse(result);
    } catch (error) {
      log('error', 'worker failed', { worker: worker.summary, ...describe(error) });
      throw withoutText(error);
    }
  };
  const processor = new BatchProcessor(EventType.SQS);
  const handle = async (event: SQSEvent | object, context: Context): Promise<unknown> => {
    if (!('queue' in worker.trigger)) return await attempt(event);
    const each = async (record: SQSRecord) => {
      await attempt(JSON.parse(record.body), Number(record.attributes.ApproximateReceiveCount));
    };
    return await processPartialResponse(event as SQSEvent, each, processor, {
      context,
      throwOnFullBatchFailure: false,
    });
  };
  return (event: SQSEvent | object, context: Context): Promise<unknown> =>
    withinInvocation(context, () => handle(event, context));
}
