import { serve } from '../../core/serve.ts';
import { stopWorkflow } from '../../core/workflow.ts';
import { cliniko } from './api.ts';
import { fail } from './end-sync.ts';
import { ClinikoProblem } from './errors.ts';
import { organizationId, organizationNotFound, organizationOf } from './organization.ts';
import { executionName } from './start-sync.ts';
import { Overtaken, readSnapshot } from './sync-store.ts';

/** How often a cancel looks again when a page is stored at the same instant; the next page is some hundred milliseconds away. */
const LOOKS = 20;

export const handler = serve(cliniko.syncCancel, async ({ params: { orgId }, caller, clock }) => {
  const organization = organizationOf(caller, orgId);
  for (let look = 1; ; look++) {
    const snapshot = await readSnapshot(organization);
    if (!snapshot) throw organizationNotFound(orgId);
    const { run } = snapshot.state;
    const details = { organization_id: organizationId(orgId) };
    if (!run) throw new ClinikoProblem('conflict', 'SYNC_NOT_RUNNING', 'No sync is running', { details });
    try {
      await fail(snapshot, 'SyncCanceled', clock.now());
    } catch (error) {
      if (!(error instanceof Overtaken) || look === LOOKS) throw error;
      continue;
    }
    await stopWorkflow('clinikoSync', executionName(organization, run));
    return {
      success: true as const,
      message: `Sync cancelled for organization ${orgId}`,
      sync_log_id: run.sync,
    };
  }
});
