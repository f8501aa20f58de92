import type { DynamoEngine } from '../dynamodb/engine.ts';
import type { Refusals } from '../dynamodb/refusals.ts';
import type { StrictCheck } from '../dynamodb/strict.ts';
import type { Engines, Storage } from '../engines.ts';
import { makeGuard } from '../iam/guard.ts';
import type { Judge } from '../iam/judge.ts';
import type { Fleet } from '../lambda/fleet.ts';
import type { Limits } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import { startSmsRules } from '../sources/event-rules.ts';
import { startExecutionRules } from '../sources/execution-rules.ts';
import type { Stack } from '../template/stack.ts';
import { dynamoService } from './dynamodb.ts';
import { kmsService } from './kms.ts';
import { lambdaService } from './lambda.ts';
import { s3Service } from './s3.ts';
import { secretsService } from './secrets-manager.ts';
import type { AwsService } from './service.ts';
import { smsService } from './sms.ts';
import type { SmsFaults } from './sms-faults.ts';
import { snsService } from './sns.ts';
import { sqsService } from './sqs.ts';
import { stepFunctionsService } from './step-functions.ts';
import { openWorkflows, type Workflows } from './workflows.ts';

export interface ServicesOptions {
  readonly engines: Engines;
  /** The way to DynamoDB through AWS's limits or a meter, if there are any. */
  readonly way: Pick<DynamoEngine, 'forward'> | undefined;
  readonly limits: () => Limits;
  readonly storage: Storage;
  readonly fleet: Fleet;
  readonly judge: Judge;
  readonly log: Log;
  readonly refusals: Refusals;
  readonly strict: StrictCheck | undefined;
  readonly awsEndpoint: string;
  readonly smsFaults: SmsFaults;
}

/** Creates the AWS services of the local run, by the service name in a request's credential scope. */
export function makeServices(
  stack: Stack,
  {
    engines,
    way,
    limits,
    storage,
    fleet,
    judge,
    log,
    refusals,
    strict,
    awsEndpoint,
    smsFaults,
  }: ServicesOptions,
): { services: ReadonlyMap<string, AwsService>; workflows: Workflows } {
  const guard = makeGuard(judge, log);
  const { dynamo, queue } = engines;
  const { outbox, listeners, secrets, keys } = storage;
  const services = new Map<string, AwsService>([
    ['dynamodb', dynamoService(dynamo, way, judge, guard, refusals, strict)],
    // These three services have their own error codes for a denied access.
    ['sqs', sqsService(queue, makeGuard(judge, log, 'AccessDenied'), awsEndpoint)],
    ['sns', snsService(queue, makeGuard(judge, log, 'AuthorizationError'), outbox, listeners, fleet)],
    ['s3', s3Service(queue, makeGuard(judge, log, 'AccessDenied'))],
    ['secretsmanager', secretsService(secrets, guard)],
    ['kms', kmsService(keys, guard, limits)],
    ['sms-voice', smsService(guard, outbox, smsFaults, startSmsRules(stack, queue, log))],
    ['lambda', lambdaService(fleet, guard)],
  ]);
  const rules = startExecutionRules(stack, fleet, log);
  // Workflows call the other services and are a service themselves, so they are added last.
  const workflows = openWorkflows(stack, { fleet, services, log, onEnd: rules.onEnd });
  services.set('states', stepFunctionsService(workflows, guard));
  return { services, workflows };
}
