import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { Job } from '../core/job.ts';
import { fileName } from './bundle.ts';
import { grant, type Resources } from './grants.ts';
import { type FunctionDefaults, nodeFunction } from './node-function.ts';

/** How long a job may take unless its contract tells. */
export const JOB_TIMEOUT = 60;

/** Messages of one delivery unless a contract tells, and deliveries of one queue at a time: a backlog must not take the account's concurrency from callers. */
const BATCH = 10;
const AT_ONCE = 10;

export interface JobFunctionProps {
  system: string;
  name: string;
  job: Job;
  resources: Resources;
  defaults: FunctionDefaults;
}

/** A job as infrastructure: its Lambda, what it may use, and its trigger. */
export class JobFunction extends Construct {
  readonly fn: LambdaFunction;

  constructor(scope: Construct, { system, name, job, resources, defaults }: JobFunctionProps) {
    super(scope, name);
    this.fn = nodeFunction(this, defaults, {
      name: `${system}/${fileName(name)}`,
      description: job.summary,
      timeoutSeconds: job.timeoutSeconds ?? JOB_TIMEOUT,
      memoryMb: job.memoryMb,
    });
    grant(this.fn, job.uses, resources);
    if ('queue' in job.trigger) {
      const { queue } = resources.queues[job.trigger.queue];
      const source = new SqsEventSource(queue, {
        batchSize: job.messagesPerRun ?? BATCH,
        maxConcurrency: AT_ONCE,
        reportBatchItemFailures: true,
      });
      this.fn.addEventSource(source);
    } else if ('every' in job.trigger) {
      new Rule(this, 'Schedule', {
        description: job.summary,
        schedule: Schedule.expression(job.trigger.every),
        targets: [new LambdaTarget(this.fn)],
      });
    }
  }
}
