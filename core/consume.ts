import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import type { Job } from './job.ts';
import { describe, log } from './log.ts';

type Message<J extends Job> = z.output<J['message']>;

/**
 * A job and its work as a Lambda. Everything that triggers does so at least once, so the work must be safe to repeat.
 *
 * Of a queue's messages only those that failed come back; they end in the dead-letter queue. A scheduled job's message is the event
 * that EventBridge sends.
 */
export function consume<J extends Job>(job: J, work: (message: Message<J>) => Promise<void>) {
  const attempt = async (message: unknown): Promise<void> => {
    try {
      await work(job.message.parse(message) as Message<J>);
    } catch (error) {
      log('error', 'job failed', { job: job.summary, ...describe(error) });
      throw error;
    }
  };
  const processor = new BatchProcessor(EventType.SQS);
  return async (event: SQSEvent | object, context: Context): Promise<SQSBatchResponse | undefined> => {
    if ('queue' in job.trigger) {
      const each = (record: SQSRecord) => attempt(JSON.parse(record.body));
      return await processPartialResponse(event as SQSEvent, each, processor, {
        context,
        throwOnFullBatchFailure: false,
      });
    }
    await attempt(event);
    return undefined;
  };
}
