import { Duration } from 'aws-cdk-lib';
import { JitterType, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { Workers } from './workflows.ts';

/** How long a function that is a step may take before the step counts as failed: a little more than the function's own timeout. */
const TASK_TIMEOUT = Duration.seconds(90);

export interface TaskProps {
  /** The worker, by system and name. */
  worker: string;
  /** What it is handed, with JSONPath in the fields whose values begin with `$`. */
  payload: Record<string, unknown>;
  /** Where its result goes; it is dropped unless told. */
  resultPath: string;
  /** Errors by name that another try does not mend. */
  permanent?: readonly string[];
  /** How often any other error is tried again, after 1 s, 2 s, 4 s … */
  retries: number;
}

/** A worker as a step of a workflow. */
export function workflowTask(scope: Construct, id: string, workers: Workers, props: TaskProps): LambdaInvoke {
  const lambdaFunction = workers[props.worker];
  if (!lambdaFunction) throw new Error(`there is no worker ${props.worker} for the step ${id}`);
  const task = new LambdaInvoke(scope, id, {
    lambdaFunction,
    payload: TaskInput.fromObject(props.payload),
    payloadResponseOnly: true,
    resultPath: props.resultPath,
    taskTimeout: Timeout.duration(TASK_TIMEOUT),
    retryOnServiceExceptions: false,
  });
  acknowledgeWildcard(
    scope,
    `${lambdaFunction.functionArn}:*`,
    'CDK lets a workflow invoke its own step in any version of the function.',
  );
  if (props.permanent) task.addRetry({ errors: [...props.permanent], maxAttempts: 0 });
  // Whatever else it is, a lost answer, a throttled table, a crashed function, may be over in a moment.
  task.addRetry({
    errors: ['States.ALL'],
    interval: Duration.seconds(1),
    backoffRate: 2,
    maxDelay: Duration.seconds(60),
    maxAttempts: props.retries,
    jitterStrategy: JitterType.FULL,
  });
  return task;
}
