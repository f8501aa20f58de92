import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import type { Worker } from './contract/worker.ts';
import { withinInvocation } from './deadline.ts';
import { describe, log } from './log.ts';

type Message<J extends Worker> = z.output<J['message']>;
type Done<J extends Worker> = J['result'] extends z.ZodType ? Promise<z.input<J['result']>> : Promise<void>;

/**
 * The error as the trigger gets it: its name, by which a workflow decides. Its text may quote data, and goes
 * to no trigger.
 */
function withoutText(error: unknown): Error {
  const bare = new Error('see the log of the worker');
  bare.name = error instanceof Error ? error.name : 'Error';
  // Lambda hands the stack on, and a workflow would carry it along as part of its state.
  bare.stack = `${bare.name}: ${bare.message}`;
  return bare;
}

/**
 * A worker and its work as a Lambda. Everything that triggers does so at least once, so the work must be safe
 * to repeat.
 *
 * Of a queue's messages only those that failed come back; they end in the dead-letter queue. A scheduled
 * worker's message is the event that EventBridge sends, a workflow step's what the workflow hands it.
 * `deliveries` counts how often a message was delivered, from 1.
 */
export function consume<J extends Worker>(
  worker: J,
  work: (message: Message<J>, deliveries: number) => Done<J>,
) {
  const attempt = async (message: unknown, deliveries = 1): Promise<unknown> => {
    try {
      const result = await work(worker.message.parse(message) as Message<J>, deliveries);
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
