import type * as z from 'zod';
import { consume } from '../../core/consume.ts';
import { fail } from './end-sync.ts';
import { clinikoJobs } from './jobs.ts';
import { readSnapshot } from './sync-store.ts';
import { type World, world } from './world.ts';

type Failure = z.output<typeof clinikoJobs.failSync.message>;

/** Ends a run with the error of its last step, if that attempt is still its own. */
export async function failSync({ tenant, orgId, syncId, attempt, error }: Failure, world: World) {
  const snapshot = await readSnapshot({ tenant, orgId });
  const run = snapshot?.state.run;
  if (!snapshot || run?.sync !== syncId || run.attempt !== attempt) return;
  await fail(snapshot, error, world.now());
}

export const handler = consume(clinikoJobs.failSync, (failure) => failSync(failure, world));
