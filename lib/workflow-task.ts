import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { JitterType, type RetryProps, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { newerVersion } from '../core/version.ts';
import { acknowledgeWildcard } from './acknowledge.ts';

/** The functions that are steps of workflows, by system and name: `cliniko.syncPage`. */
export type Workers = Readonly<Record<string, LambdaFunction>>;

/** After this time a step counts as failed: a little more than the timeout of its function. */
const stepTimeoutSeconds = 90;

/**
 * Errors of Lambda before it runs a function: too many run already, or Lambda itself is at fault (Step
 * Functions developer guide, "Handle transient Lambda service exceptions"). Nothing has happened then.
 */
const notInvoked = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
];

/**
 * Retries of an invocation that did not happen, besides those of the step: with pauses of up to a minute they
 * take a quarter of an hour at most.
 */
const invocationRetriesMax = 20;

/** With full jitter up to 1 s, 2 s, 4 s … 60 s. */
const backoff: RetryProps = {
  interval: Duration.seconds(1),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
};

export interface TaskProps {
  /** The worker, by system and name: `cliniko.syncPage`. */
  worker: string;
  /** The worker's message, with JSONPath in the fields whose values begin with `$`. */
  payload: Record<string, unknown>;
  /** The JSONPath at which its result becomes part of the state; `JsonPath.DISCARD` drops it. */
  resultPath: string;
  /** Names of errors that a retry does not mend. */
  permanent?: readonly string[];
  /** Retries after any other error of a function that was invoked. */
  retriesMax: number;
}

/**
 * A worker as a step of a workflow.
 *
 * @throws Error if there is no such worker.
 */
export function workflowTask(scope: Construct, id: string, workers: Workers, props: TaskProps): LambdaInvoke {
  const lambdaFunction = workers[props.worker];
  if (!lambdaFunction) throw new Error(`there is no worker ${props.worker} for the step ${id}`);
  const task = new LambdaInvoke(scope, id, {
    lambdaFunction,
    payload: TaskInput.fromObject(props.payload),
    payloadResponseOnly: true,
    resultPath: props.resultPath,
    taskTimeout: Timeout.duration(Duration.seconds(stepTimeoutSeconds)),
    retryOnServiceExceptions: false,
  });
  acknowledgeWildcard(
    scope,
    `${lambdaFunction.functionArn}:*`,
    'CDK lets a workflow invoke its own step in any version of the function.',
  );
  task.addRetry({ errors: [newerVersion, ...(props.permanent ?? [])], maxAttempts: 0 });
  task.addRetry({ ...backoff, errors: notInvoked, maxAttempts: invocationRetriesMax });
  // Any other error may be over in a moment: a lost answer, a throttled table, a function that died or took
  // too long (`Sandbox.Timedout`, `Lambda.Unknown`, `States.Timeout`).
  task.addRetry({ ...backoff, errors: ['States.ALL'], maxAttempts: props.retriesMax });
  return task;
}
