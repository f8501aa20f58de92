import type * as z from 'zod';
import type { QueueName, Uses, WorkflowName } from './resources.ts';

/** Work that no caller waits for: a queue's messages, or something that is due from time to time. */
export interface Worker {
  /** One line: what gets done, and for whom. */
  summary: string;
  /**
   * A queue whose messages are handed over one by one; a rate as EventBridge writes it, e.g. `rate(5 minutes)`; or a workflow that has
   * this worker among its steps.
   */
  trigger: { queue: QueueName } | { every: string } | { workflow: WorkflowName };
  uses: Uses;
  /** The shape of a message; a message of another shape fails, and a queue's goes to the dead-letter queue. */
  message: z.ZodType;
  /** What a step of a workflow returns. It becomes part of the execution's history: ids and numbers, never personal data. */
  result?: z.ZodType;
  /** Messages of a queue that one run is handed at most; 10 unless told. One, where a message may take long: they are done one by one. */
  messagesPerRun?: number;
  /** How long one run may take; 60 unless told, 900 at most (Lambda's limit). */
  timeoutSeconds?: number;
  /** Megabytes of memory, and with it CPU; 1,024 unless told. */
  memoryMb?: number;
}
