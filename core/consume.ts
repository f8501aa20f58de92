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

/** Works on the messages of a queue one after another; only those that failed are delivered again. */
function oneByOne(
  event: SQSEvent,
  context: Context,
  each: (message: unknown, deliveries: number) => Promise<unknown>,
): Promise<unknown> {
  const work = async ({ body, attributes }: SQSRecord) => {
    await each(JSON.parse(body), Number(attributes.ApproximateReceiveCount));
  };
  return processPartialResponse(event, work, new BatchProcessor(EventType.SQS), {
    context,
    throwOnFullBatchFailure: false,
  });
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
  return (event: SQSEvent | object, context: Context): Promise<unknown> =>
    withinInvocation(context, () =>
      'queue' in worker.trigger ? oneByOne(event as SQSEvent, context, attempt) : attempt(event),
    );
}

/**
 * Makes the Lambda handler of a queue's worker that works on all messages of a run together, where that is
 * cheaper than one after another. If that fails, it works on each of them alone, so that one bad message
 * holds up no other: the work must be idempotent, also after a part of it.
 */
export function consumeTogether<W extends Worker>(
  worker: W,
  work: (messages: Message<W>[]) => Promise<void>,
) {
  const alone = consume<Worker>(worker, (message) => work([message as Message<W>]));
  return async (event: SQSEvent, context: Context): Promise<unknown> => {
    if (event.Records.length > 1)
      try {
        const messages = event.Records.map(
          ({ body }) => worker.message.parse(JSON.parse(body)) as Message<W>,
        );
        await withinInvocation(context, () => work(messages));
        return { batchItemFailures: [] };
      } catch (error) {
        log('warn', 'messages are worked on one by one', { worker: worker.summary, ...describe(error) });
      }
    return await alone(event, context);
  };
}
