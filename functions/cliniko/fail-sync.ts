import type * as z from 'zod';
import { consume } from '../../core/consume.ts';
import { type ClinikoDeps, clinikoDeps } from './account/deps.ts';
import { fail } from './sync/end-sync.ts';
import { readSnapshot } from './sync/sync-store.ts';
import { clinikoWorkers } from './workers.ts';

type Failure = z.output<typeof clinikoWorkers.failSync.message>;

/** Ends a run with the error of its last step, unless a later attempt has replaced this one. */
export async function failSync({ tenant, orgId, syncId, attempt, error }: Failure, deps: ClinikoDeps) {
  const snapshot = await readSnapshot({ tenant, orgId });
  const run = snapshot?.state.run;
  if (!snapshot || run?.sync !== syncId || run.attempt !== attempt) return;
  await fail(snapshot, error, deps.now());
}

export const handler = consume(clinikoWorkers.failSync, (failure) => failSync(failure, clinikoDeps));
