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

/** The id of a deleted patient: all that is left of it is when, and a link to where it was. */
function deletedId(record: unknown): string | undefined {
  const { links, deleted_at } = (record ?? {}) as { links?: { self?: unknown }; deleted_at?: unknown };
  if (typeof deleted_at !== 'string' || typeof links?.self !== 'string') return undefined;
  return /\/patients\/(\d{1,20})(?:$|[/?#])/.exec(links.self)?.[1];
}

const isSince = (record: unknown, since: string): boolean =>
  Date.parse(String((record as { deleted_at?: unknown } | null)?.deleted_at)) >= Date.parse(since);

/** Marks whom Cliniko itself lists as deleted. Nobody else is ever taken for deleted. */
export const syncRemovals = (input: StepInput, deps: ClinikoDeps): Promise<Next> =>
  runStep(input, 'removals', deps, async (turn) => {
    const { snapshot, run: begun, account } = turn;
    const page = await readPage(begun, account, deps);
    if (isEndless(begun, page.totalEntries)) throw new ClinikoFault('ClinikoUnavailable');
    const named = new Map(page.records.flatMap((record) => [[deletedId(record), record] as const]));
    const ids = [...named.keys()].filter((id) => id !== undefined);
    const known = await findPatients(snapshot, ids);
    const at = timestamp(deps.now());
    const changes = [...known.values()]
      .filter(({ standing }) => standing !== 'deleted')
      .map((before): Change => ({ before, after: { ...before, standing: 'deleted', last_synced: at } }));
    // Somebody who was deleted before this run met them cannot be met any more, though Cliniko counted them at the beginning.
    const startedAt = timestamp(begun.startedAt);
    const missed = ids.filter(
      (id) => known.get(id)?.seen !== begun.sync && isSince(named.get(id), startedAt),
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
