import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { Worker } from '../core/contract/worker.ts';
import { fileName } from './bundle.ts';
import { grant, type Resources } from './grants.ts';
import { type FunctionDefaults, nodeFunction } from './node-function.ts';

/** The timeout of a worker whose contract names none. */
export const workerTimeoutSeconds = 60;

/** The most messages that one run gets, unless the contract says otherwise. */
const messagesPerRunMax = 10;

/** The reason why a worker needs no dead-letter queue of its own, by its trigger. */
function onFailure({ trigger }: Worker): string {
  if ('queue' in trigger)
    return 'Its queue delivers a failed message again, and moves it to a dead-letter queue in the end.';
  if ('workflow' in trigger)
    return 'Step Functions invokes it synchronously, retries, and records the failure in the execution.';
  return 'The next run of the schedule does the same work again; an alarm tells when none succeeds for 15 minutes.';
}

export interface WorkerFunctionProps {
  system: string;
  name: string;
  worker: Worker;
  resources: Resources;
  defaults: FunctionDefaults;
}

/** A worker as infrastructure: its Lambda, its permissions, and its trigger. */
export class WorkerFunction extends Construct {
  readonly fn: LambdaFunction;

  constructor(scope: Construct, { system, name, worker, resources, defaults }: WorkerFunctionProps) {
    super(scope, name);
    this.fn = nodeFunction(this, defaults, {
      name: `${system}/${fileName(name)}`,
      description: worker.summary,
      timeoutSeconds: worker.timeoutSeconds ?? workerTimeoutSeconds,
      memoryMb: worker.memoryMb,
      onFailure: onFailure(worker),
    });
    grant(this.fn, worker.uses, resources);
    if ('queue' in worker.trigger) {
      const { queue } = resources.queues[worker.trigger.queue];
      const source = new SqsEventSource(queue, {
        batchSize: worker.messagesPerRun ?? messagesPerRunMax,
        ...(worker.gatherSeconds ? { maxBatchingWindow: Duration.seconds(worker.gatherSeconds) } : {}),
        maxConcurrency: defaults.settings.queueRunsMax,
        reportBatchItemFailures: true,
      });
      this.fn.addEventSource(source);
    } else if ('every' in worker.trigger) {
      // The next run does the same work again. A retry, or a run that was kept waiting, would only add load
      // to what is failing: by default Lambda tries an event three times, for six hours.
      this.fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
      new Rule(this, 'Schedule', {
        description: worker.summary,
        schedule: Schedule.expression(worker.trigger.every),
        targets: [new LambdaTarget(this.fn, { retryAttempts: 0 })],
      });
    }
  }
}
