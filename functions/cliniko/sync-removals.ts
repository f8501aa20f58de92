import * as z from 'zod';
import { timestamp } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { type ClinikoDeps, clinikoDeps } from './account/deps.ts';
import { readPage } from './account/lists.ts';
import { ClinikoFault } from './faults.ts';
import { runStep } from './sync/run-step.ts';
import type { Next, StepInput } from './sync/step-shape.ts';
import { type Change, storeChanges } from './sync/store-changes.ts';
import { advanced, isEndless } from './sync/sync-state.ts';
import { findPatients } from './sync/sync-store.ts';
import { clinikoWorkers } from './workers.ts';

/** Cliniko's record of a deleted patient: the time, and a link that ends in the id. */
const DeletedRecord = z.object({ deleted_at: z.string(), links: z.object({ self: z.string() }) });

/** Id and time of a deleted patient, as a list to flatten; empty if the record has no id. */
function deletionOf(record: unknown): [id: string, deletedAt: number][] {
  const { data } = DeletedRecord.safeParse(record);
  const id = data && /\/patients\/(\d{1,20})(?:$|[/?#])/.exec(data.links.self)?.[1];
  return id ? [[id, Date.parse(data.deleted_at)]] : [];
}

/**
 * Marks the patients that Cliniko lists as deleted. No other patient is ever marked, even if lists no longer
 * show it.
 */
export const syncRemovals = (input: StepInput, deps: ClinikoDeps): Promise<Next> =>
  runStep(input, 'removals', deps, async (turn) => {
    const { snapshot, run: begun, account } = turn;
    const page = await readPage(begun, account, deps);
    if (isEndless(begun, page.totalEntries)) throw new ClinikoFault('ClinikoUnavailable');
    const deletions = new Map(page.records.flatMap(deletionOf));
    const known = await findPatients(snapshot, [...deletions.keys()]);
    const at = timestamp(deps.now());
    const changes = [...known.values()]
      .filter(({ standing }) => standing !== 'deleted')
      .map((before): Change => ({ before, after: { ...before, standing: 'deleted', last_synced: at } }));
    // A patient deleted since the run began, before the run saw it, is in Cliniko's count at the beginning
    // but in no list any more.
    const missed = [...deletions].filter(
      ([id, deletedAt]) => known.get(id)?.seen !== begun.sync && deletedAt >= begun.startedAt,
    ).length;
    return await storeChanges(turn, changes, at, (part, run) => {
      const lost = run.lost + part.changes.filter(({ before }) => before?.seen === run.sync).length;
      const moved = part.isLast
        ? {
            ...advanced(run, page.next, deps.now()),
            missed: run.missed + missed,
            deleted: page.totalEntries,
          }
        : run;
      return { run: { ...moved, lost }, progress: {} };
    });
  });

export const handler = consume(clinikoWorkers.syncRemovals, (input) => syncRemovals(input, clinikoDeps));
