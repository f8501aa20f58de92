import { queryAll } from '../../../core/dynamo/query-all.ts';
import { describe, log } from '../../../core/log.ts';
import { stopWorkflow, workflowStatus } from '../../../core/workflow.ts';
import { runningPartition } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { fail } from './end-sync.ts';
import { startAnotherAttempt } from './run-step.ts';
import { executionName } from './start-sync.ts';
import type { Run } from './sync-state.ts';
import { readSnapshot } from './sync-store.ts';

/** How often a run is taken back without having finished one more page. */
const resumesPerPageMax = 3;

/** Between the record of an attempt and the start of its workflow; a younger attempt is not looked at. In milliseconds. */
const attemptStartMs = 10_000;

/** Whether nobody works on a run any more: its execution has ended or was never started, or is silent for too long. */
async function isAbandoned(organization: Organization, run: Run, now: number): Promise<boolean> {
  if (now - run.attemptAt < attemptStartMs) return false;
  if (now > run.leaseUntil) return true;
  return (await workflowStatus('clinikoSync', executionName(organization, run))) !== 'RUNNING';
}

/** Takes back one run whose worker died: it goes on at its last finished page, or ends as failed if that happens again and again. */
export async function recoverSync(organization: Organization, now: number): Promise<void> {
  const snapshot = await readSnapshot(organization);
  const run = snapshot?.state.run;
  // A run leaves the list in the very transaction that ends it, so it has just ended.
  if (!snapshot || !run) return;
  if (!(await isAbandoned(organization, run, now))) return;
  log('warn', 'a sync was taken back', { sync: run.sync, attempt: run.attempt });
  await stopWorkflow('clinikoSync', executionName(organization, run));
  if (run.resumes < resumesPerPageMax)
    await startAnotherAttempt(snapshot, { ...run, resumes: run.resumes + 1 }, now);
  else await fail(snapshot, 'SyncInterrupted', now);
}

/** Looks after every running sync. */
export async function recoverSyncs(now: number): Promise<void> {
  for await (const running of queryAll('cliniko', { pk: runningPartition, prefix: '' })) {
    for (const { tenant, orgId } of running) {
      await recoverSync({ tenant: String(tenant), orgId: String(orgId) }, now).catch((error: unknown) =>
        log('error', 'a sync could not be looked after', describe(error)),
      );
    }
  }
}
