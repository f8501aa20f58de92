import { consume } from '../../core/consume.ts';
import { type ClinikoDeps, clinikoDeps } from './account/deps.ts';
import { countDeleted, countPatients } from './account/lists.ts';
import { ClinikoFault } from './faults.ts';
import { complete } from './sync/end-sync.ts';
import { runStep, type StepContext } from './sync/run-step.ts';
import type { Next, StepInput } from './sync/step-shape.ts';
import { found } from './sync/sync-log.ts';
import { anotherRound, isComplete } from './sync/sync-state.ts';
import { commit } from './sync/sync-store.ts';
import { clinikoWorkers } from './workers.ts';

/** The numbers of patients that Cliniko counts: active and archived together, and deleted. */
async function countAll({ account, deps, run }: StepContext): Promise<{ total: number; deleted: number }> {
  const { active, archived } = await countPatients(account, deps, run);
  // A patient deleted after the list of deleted ones was read would hide one that this run has not seen.
  const deleted = await countDeleted(account, deps, run);
  return { total: active + archived, deleted };
}

/** Compares the run with Cliniko's counts: completes it, or begins another round. */
export const finishSync = (input: StepInput, deps: ClinikoDeps): Promise<Next> =>
  runStep(input, 'finish', deps, countAll, async ({ snapshot, run }, { total, deleted }) => {
    if (isComplete(run, total, deleted)) {
      await complete(snapshot, run, total, deps.now());
      return undefined;
    }
    const again = anotherRound(run, total, deps.now());
    if (!again) throw new ClinikoFault('SyncIncomplete');
    const next = { ...again, progress: found(again.progress, total, 0) };
    await commit(snapshot, { ...snapshot.state, run: next }, []);
    return next;
  });

export const handler = consume(clinikoWorkers.finishSync, (input) => finishSync(input, clinikoDeps));
