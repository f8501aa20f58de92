import { consume } from '../../core/consume.ts';
import { complete } from './end-sync.ts';
import { ClinikoFault } from './faults.ts';
import { clinikoJobs } from './jobs.ts';
import { countDeleted, countPatients } from './lists.ts';
import { takeTurn } from './step.ts';
import type { Next, StepInput } from './step-shape.ts';
import { found } from './sync-log.ts';
import { anotherRound, isComplete } from './sync-state.ts';
import { commit, logWrite } from './sync-store.ts';
import { type World, world } from './world.ts';

/** Compares with Cliniko's counts: ends the run if it met everyone, else goes another round. */
export const finishSync = (input: StepInput, world: World): Promise<Next> =>
  takeTurn(input, 'finish', world, async ({ snapshot, run, log, account }) => {
    const { active, archived } = await countPatients(account, world, run);
    const total = active + archived;
    // Whoever was deleted after the list of them was read would make up for somebody whom this run has not met.
    const deleted = await countDeleted(account, world, run);
    if (isComplete(run, total, deleted)) {
      await complete(snapshot, run, log, total, world.now());
      return undefined;
    }
    const again = anotherRound(run, total, world.now());
    if (!again) throw new ClinikoFault('SyncIncomplete');
    await commit(snapshot, { ...snapshot.state, run: again }, [
      logWrite(snapshot.organization, found(log, total, 0)),
    ]);
    return again;
  });

export const handler = consume(clinikoJobs.finishSync, (input) => finishSync(input, world));
