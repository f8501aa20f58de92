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
import { workflowTask } from './workflow-task.ts';
import type { Workers } from './workflows.ts';

/** Our own faults are tried again here; a receiver that does not take the message is the worker's business, which sets when to try again. */
const RETRIES = 5;

/** One message on its way to one receiver, for a little more than a day at most. */
export function webhookDelivery(scope: Construct, workers: Workers): IChainable {
  const deliver = workflowTask(scope, 'Deliver', workers, {
    worker: 'webhooks.deliver',
    payload: { delivery: JsonPath.stringAt('$.delivery') },
    resultPath: '$.next',
    retries: RETRIES,
  });
  const wait = new Wait(scope, 'Wait', { time: WaitTime.timestampPath('$.next.until') });
  wait.next(deliver);
  const again = new Choice(scope, 'Again?')
    .when(Condition.isPresent('$.next.until'), wait)
    .otherwise(new Succeed(scope, 'Done'));
  return deliver.next(again);
}
