import type * as z from 'zod';
import type { QueueName, Uses, WorkflowName } from './resources.ts';

/** The contract of a worker, a function that no caller waits for: of a queue, a schedule or a workflow. */
export interface Worker {
  /** One line that starts with a verb: what the worker does. */
  summary: string;
  /**
   * A queue, whose messages are handled one by one; a schedule expression of EventBridge, e.g.
   * `rate(1 minute)`, or `cron(3/6 * * * ? *)` for every sixth minute from the third; or a workflow that has
   * this worker as a step. Those that need not run each minute begin in different minutes, since a fresh
   * account of AWS has ten executions at a time.
   */
  trigger: { queue: QueueName } | { every: string } | { workflow: WorkflowName };
  uses: Uses;
  /** The schema of a message. One that breaks it fails; on a queue it ends in the dead-letter queue. */
  message: z.ZodType;
  /**
   * The schema of a workflow step's result. The execution's history keeps it: ids and numbers, never personal
   * data.
   */
  result?: z.ZodType;
  /**
   * The most messages of a queue in one invocation; 10 by default. They are handled one after another, so 1
   * where a message may take long, unless the worker handles them together.
   */
  messagesPerRun?: number;
  /**
   * Seconds in which a queue's messages are gathered for one run; 0 by default. Lambda asks for at least one
   * where a run may have more than 10 messages (CreateEventSourceMapping, MaximumBatchingWindowInSeconds).
   */
  gatherSeconds?: number;
  /** The timeout of one invocation; 60 by default, at most 900 (Lambda quotas). */
  timeoutSeconds?: number;
  /** Memory in megabytes, and CPU in proportion; 1,024 by default. */
  memoryMb?: number;
}
