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
import { permanentFaults } from '../functions/index.ts';
import { workflowTask } from './workflow-task.ts';
import type { Workers } from './workflows.ts';

/** How often a step is tried again: with its pauses of up to a minute about four minutes in all, less than a run's lease. */
const RETRIES = 8;

/** What every step is told: whose sync, and which attempt. Where it stands is in the table, so the state stays below a kilobyte. */
const IDENTITY = {
  tenant: JsonPath.stringAt('$.tenant'),
  orgId: JsonPath.stringAt('$.orgId'),
  syncId: JsonPath.numberAt('$.syncId'),
  attempt: JsonPath.numberAt('$.attempt'),
};

/**
 * A sync of one organisation with Cliniko: count, page after page of its lists, what was deleted, and whether that was all. Each
 * step tells what is next and from when on: waiting for Cliniko's rate limit is the workflow's, and costs nothing.
 */
export function clinikoSync(scope: Construct, workers: Workers): IChainable {
  const failed = workflowTask(scope, 'Fail', workers, {
    worker: 'cliniko.failSync',
    payload: { ...IDENTITY, error: JsonPath.stringAt('$.error.Error') },
    resultPath: JsonPath.DISCARD,
    retries: RETRIES,
  });
  const step = (id: string, worker: string) =>
    workflowTask(scope, id, workers, {
      worker: `cliniko.${worker}`,
      payload: { ...IDENTITY, turn: JsonPath.numberAt('$.next.turn') },
      resultPath: '$.next',
      permanent: permanentFaults,
      retries: RETRIES,
    }).addCatch(failed, { resultPath: '$.error' });
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
