import { consume } from '../../core/consume.ts';
import { type ClinikoDeps, clinikoDeps } from './account/deps.ts';
import { countPatients } from './account/lists.ts';
import { runStep } from './sync/run-step.ts';
import type { Next, StepInput } from './sync/step-shape.ts';
import { found, patientsPerPage } from './sync/sync-log.ts';
import { advanced } from './sync/sync-state.ts';
import { commit } from './sync/sync-store.ts';
import { clinikoWorkers } from './workers.ts';

/** Counts the patients of the account. A resumed run has done so already and continues at its cursor. */
export const beginSync = (input: StepInput, deps: ClinikoDeps): Promise<Next> =>
  runStep(
    input,
    'begin',
    deps,
    (turn) => countPatients(turn.account, turn.deps, turn.run),
    async ({ snapshot, run }, { active, archived }) => {
      const total = active + archived;
      const pages = Math.ceil(active / patientsPerPage) + Math.ceil(archived / patientsPerPage);
      const progress = found(run.progress, total, pages);
      const next = { ...advanced(run, undefined, deps.now()), required: total, progress };
      await commit(snapshot, { ...snapshot.state, run: next }, []);
      return next;
    },
  );

export const handler = consume(clinikoWorkers.beginSync, (input) => beginSync(input, clinikoDeps));
