import { consume } from '../../core/consume.ts';
import { clinikoJobs } from './jobs.ts';
import { countPatients } from './lists.ts';
import { takeTurn } from './step.ts';
import type { Next, StepInput } from './step-shape.ts';
import { found, PER_PAGE } from './sync-log.ts';
import { advanced } from './sync-state.ts';
import { commit, logWrite } from './sync-store.ts';
import { type World, world } from './world.ts';

/** Counts what there is. A run that was taken back has done so already and goes on where it stands. */
export const beginSync = (input: StepInput, world: World): Promise<Next> =>
  takeTurn(input, 'begin', world, async ({ snapshot, run, log, account }) => {
    const { active, archived } = await countPatients(account, world, run);
    const total = active + archived;
    const pages = Math.ceil(active / PER_PAGE) + Math.ceil(archived / PER_PAGE);
    const next = { ...advanced(run, undefined, world.now()), required: total };
    const counted = found(log, total, pages);
    await commit(snapshot, { ...snapshot.state, run: next }, [logWrite(snapshot.organization, counted)]);
    return next;
  });

export const handler = consume(clinikoJobs.beginSync, (input) => beginSync(input, world));
