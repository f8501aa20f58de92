import { organizationId } from '../../core/contract/organization-id.ts';
import { CodedProblem } from '../../core/http/coded-problem.ts';
import { serve } from '../../core/http/serve.ts';
import { stopWorkflow } from '../../core/workflow.ts';
import { cliniko } from './api.ts';
import { type Organization, organizationNotFound, organizationOf } from './organization.ts';
import { fail } from './sync/end-sync.ts';
import { executionName } from './sync/start-sync.ts';
import type { Run } from './sync/sync-state.ts';
import { Overtaken, readSnapshot } from './sync/sync-store.ts';

/** Attempts while pages are stored at the same time; pages are some hundred milliseconds apart. */
const cancelAttemptsMax = 20;

/**
 * Ends the running sync as failed.
 *
 * @returns the run that was ended.
 * @throws CodedProblem ORGANIZATION_NOT_FOUND or SYNC_NOT_RUNNING; Overtaken if 20 attempts were overtaken.
 */
async function cancel(organization: Organization, now: number): Promise<Run> {
  const { orgId } = organization;
  // Ends at the latest with attempt `cancelAttemptsMax`, whose error is thrown.
  for (let attempt = 1; ; attempt++) {
    const snapshot = await readSnapshot(organization);
    if (!snapshot) throw organizationNotFound(orgId);
    const { run } = snapshot.state;
    const details = { organization_id: organizationId(orgId) };
    if (!run) throw new CodedProblem('conflict', 'SYNC_NOT_RUNNING', 'No sync is running', { details });
    try {
      await fail(snapshot, 'SyncCanceled', now);
      return run;
    } catch (error) {
      if (!(error instanceof Overtaken) || attempt === cancelAttemptsMax) throw error;
    }
  }
}

export const handler = serve(cliniko.syncCancel, async ({ params: { orgId }, caller, clock }) => {
  const organization = organizationOf(caller, orgId);
  const run = await cancel(organization, clock.now());
  await stopWorkflow('clinikoSync', executionName(organization, run));
  return {
    success: true as const,
    message: `Sync cancelled for organization ${orgId}`,
    sync_log_id: run.sync,
  };
});
