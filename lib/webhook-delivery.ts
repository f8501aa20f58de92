import {
  Choice,
  Condition,
  type IChainable,
  JsonPath,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type Workers, workflowTask } from './workflow-task.ts';

/**
 * Retries after a fault of our own. After a failure of the receiver, the worker sets the time of the next
 * attempt.
 */
const retriesMax = 5;

/** The delivery of one message to one receiver, with attempts for a little more than a day at most. */
export function webhookDelivery(scope: Construct, workers: Workers): IChainable {
  const deliver = workflowTask(scope, 'Deliver', workers, {
    worker: 'webhooks.deliver',
    payload: { version: 1, delivery: JsonPath.stringAt('$.delivery') },
    resultPath: '$.next',
    retriesMax,
  });
  const wait = new Wait(scope, 'Wait', { time: WaitTime.timestampPath('$.next.until') });
  wait.next(deliver);
  const again = new Choice(scope, 'Again?')
    .when(Condition.isPresent('$.next.until'), wait)
    .otherwise(new Succeed(scope, 'Done'));
  return deliver.next(again);
}
