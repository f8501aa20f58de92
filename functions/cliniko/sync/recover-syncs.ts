import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { queryAll } from '../../../core/dynamo/query-all.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { log } from '../../../core/log.ts';
import { sweepInParts } from '../../../core/sweep.ts';
import { stopWorkflow, workflowStatus } from '../../../core/workflow.ts';
import { runningPartition } from '../keys.ts';
import { Organization } from '../organization.ts';
import { fail } from './end-sync.ts';
import { startAnotherAttempt } from './run-step.ts';
import { executionName } from './start-sync.ts';
import type { Run } from './sync-state.ts';
import { Overtaken, readSnapshot } from './sync-store.ts';

/** Resumes of a run without another finished page before it ends as failed. */
const resumesPerPageMax = 3;

/** Time between the record of an attempt and the start of its execution; younger attempts are left alone. */
const attemptStartMs = 10_000;

/**
 * True if a run has no live worker: its execution has ended or was never started, or its lease has expired.
 */
async function isAbandoned(organization: Organization, run: Run, now: number): Promise<boolean> {
  if (now - run.attemptAt < attemptStartMs) return false;
  if (now > run.leaseUntil) return true;
  return (await workflowStatus('clinikoSync', executionName(organization, run))) !== 'RUNNING';
}

/**
 * Resumes a run whose worker died after its last finished page. Ends it with `SyncInterrupted` if that
 * happened too often.
 *
 * @param now milliseconds since the epoch.
 */
export async function recoverSync(organization: Organization, now: number): Promise<void> {
  const snapshot = await readSnapshot(organization);
  const run = snapshot?.state.run;
  // The transaction that ends a run removes it from the list, so it ended after the list was read.
  if (!snapshot || !run) return;
  if (!(await isAbandoned(organization, run, now))) return;
  log('warn', 'sync resumed after its worker died', { sync: run.sync, attempt: run.attempt });
  await stopWorkflow('clinikoSync', executionName(organization, run));
  if (run.resumes < resumesPerPageMax)
    await startAnotherAttempt(snapshot, { ...run, resumes: run.resumes + 1 }, now);
  else await fail(snapshot, 'SyncInterrupted', now);
}

/** The sync went on or ended by itself meanwhile, which is no failure of the sweep. */
function unlessOvertaken(error: unknown): void {
  if (!(error instanceof Overtaken)) throw error;
}

/** Checks every running sync, and resumes or ends those whose worker died. */
export async function recoverSyncs(now: number): Promise<void> {
  const query = { table: tableName('cliniko'), range: { pk: runningPartition } };
  const parts = sweepInParts('running syncs');
  for await (const item of queryAll(dynamo(), query))
    await parts.run(() => recoverSync(Organization.parse(item), now).catch(unlessOvertaken));
  parts.finish();
}
