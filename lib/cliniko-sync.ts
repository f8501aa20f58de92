import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { newerVersion } from '../core/version.ts';
import { permanentFaults } from '../functions/index.ts';
import { type Workers, workflowTask } from './workflow-task.ts';

/**
 * Retries of a step after a fault of our own: nine tries of up to 90 seconds with pauses of up to a minute
 * take 17 minutes at most, less than a run's lease. Failures of Cliniko are not among them: a step repeats
 * its calls itself, or asks for a later one.
 */
const retriesMax = 8;

/**
 * The input of every step: the sync and its attempt. Its progress is in the table, so the state stays below a
 * kilobyte. The version is a constant of the definition, and an execution keeps the definition that it was
 * started with.
 */
const identity = {
  version: 1,
  tenant: JsonPath.stringAt('$.tenant'),
  orgId: JsonPath.stringAt('$.orgId'),
  syncId: JsonPath.numberAt('$.syncId'),
  attempt: JsonPath.numberAt('$.attempt'),
};

/**
 * A sync of one organisation with Cliniko: count the patients, fetch page after page, mark the deleted ones,
 * and compare the counts. Each step returns the next step and its earliest time: the workflow waits for
 * Cliniko's rate limit, which costs nothing.
 */
export function clinikoSync(scope: Construct, workers: Workers): IChainable {
  const failed = workflowTask(scope, 'Fail', workers, {
    worker: 'cliniko.failSync',
    payload: { ...identity, error: JsonPath.stringAt('$.error.Error') },
    resultPath: JsonPath.DISCARD,
    retriesMax,
  });
  // After a rollback, functions are older than this definition: the sweep starts the run again with theirs.
  const refused = new Fail(scope, 'Refused', { error: newerVersion });
  const step = (id: string, worker: string) =>
    workflowTask(scope, id, workers, {
      worker: `cliniko.${worker}`,
      payload: { ...identity, turn: JsonPath.numberAt('$.next.turn') },
      resultPath: '$.next',
      permanent: permanentFaults,
      retriesMax,
    })
      .addCatch(refused, { errors: [newerVersion] })
      .addCatch(failed, { resultPath: '$.error' });
  const begin = step('Begin', 'beginSync');
  const page = step('Page', 'syncPage');
  const removals = step('Removals', 'syncRemovals');
  const finish = step('Finish', 'finishSync');
  const choose = new Choice(scope, 'What is next?')
    .when(Condition.stringEquals('$.next.do', 'page'), page)
    .when(Condition.stringEquals('$.next.do', 'removals'), removals)
    .when(Condition.stringEquals('$.next.do', 'finish'), finish)
    .when(Condition.stringEquals('$.next.do', 'begin'), begin)
    .otherwise(new Succeed(scope, 'Done'));
  const wait = new Wait(scope, 'Wait', { time: WaitTime.timestampPath('$.next.until') });
  wait.next(choose);
  const whenNext = new Choice(scope, 'When?')
    .when(Condition.isPresent('$.next.until'), wait)
    .otherwise(choose);
  for (const task of [begin, page, removals, finish]) task.next(whenNext);
  return begin;
}
