import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type QueueName, queues } from '../core/contract/resources.ts';

/** How often a message is tried before it counts as dead. AWS advises at least five for queues that feed Lambda. */
const TRIES = 5;

export interface QueueWithDeadLetters {
  queue: Queue;
  deadLetters: Queue;
}

const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;

/**
 * Data in flight: each queue with the queue for its dead letters, which are kept for the longest time that SQS offers.
 *
 * @param timeoutSeconds how long a consumer may take; a message stays hidden for six times that, as AWS advises.
 */
export class QueuesOf extends Construct {
  readonly queues: Record<QueueName, QueueWithDeadLetters>;

  constructor(scope: Construct, id: string, timeoutSeconds: (queue: QueueName) => number) {
    super(scope, id);
    const make = (name: QueueName): QueueWithDeadLetters => {
      const deadLetters = new Queue(this, `${name}DeadLetters`, {
        ...secure,
        retentionPeriod: Duration.days(14),
      });
      const queue = new Queue(this, name, {
        ...secure,
        visibilityTimeout: Duration.seconds(6 * timeoutSeconds(name)),
        deadLetterQueue: { queue: deadLetters, maxReceiveCount: TRIES },
      });
      return { queue, deadLetters };
    };
    this.queues = Object.fromEntries(queues.map((name) => [name, make(name)])) as Record<
      QueueName,
      QueueWithDeadLetters
    >;
  }
}
