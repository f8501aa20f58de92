import { systemClock } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { fail } from './end-sync.ts';
import { clinikoJobs } from './jobs.ts';
import { readSnapshot } from './sync-store.ts';

export const handler = consume(clinikoJobs.failSync, async ({ tenant, orgId, syncId, attempt, error }) => {
  const snapshot = await readSnapshot({ tenant, orgId });
  const run = snapshot?.state.run;
  if (!snapshot || run?.sync !== syncId || run.attempt !== attempt) return;
  await fail(snapshot, error, systemClock.now());
});
