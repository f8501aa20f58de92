import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { byName } from '../core/by-name.ts';
import { type QueueName, queues } from '../core/contract/resources.ts';

/**
 * Deliveries of a message before it goes to the dead-letter queue. AWS advises at least five for queues that
 * feed Lambda.
 */
const deliveriesMax = 5;

/**
 * Days that a message waits for a consumer, half of those of a dead-letter queue: SQS counts both from when
 * the message was sent, so one that is given up on its last day can still be redriven for a week.
 */
const retentionDays = 7;

export interface QueueWithDeadLetters {
  queue: Queue;
  deadLetters: Queue;
}

const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;

/**
 * All queues, each with its dead-letter queue, which keeps messages until 14 days after they were sent, the
 * longest that SQS offers.
 *
 * @param timeoutSeconds the timeout of a queue's consumer; a message stays hidden for six times that, as AWS
 *   advises.
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
        retentionPeriod: Duration.days(retentionDays),
        visibilityTimeout: Duration.seconds(6 * timeoutSeconds(name)),
        deadLetterQueue: { queue: deadLetters, maxReceiveCount: deliveriesMax },
      });
      return { queue, deadLetters };
    };
    this.queues = byName(queues, make);
  }
}
