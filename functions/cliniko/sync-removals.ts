import * as z from 'zod';
import { timestamp } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { type ClinikoDeps, clinikoDeps } from './account/deps.ts';
import { readPage } from './account/lists.ts';
import { ClinikoFault } from './faults.ts';
import { warningCodes } from './patients/read-field.ts';
import { recordId } from './patients/record-id.ts';
import { runStep } from './sync/run-step.ts';
import type { Next, StepInput } from './sync/step-shape.ts';
import { type Part, seenBy, storeChanges } from './sync/store-changes.ts';
import type { Advance } from './sync/sync-log.ts';
import { advanced, isEndless, type Run } from './sync/sync-state.ts';
import { type Change, findPatients } from './sync/sync-store.ts';
import { clinikoWorkers } from './workers.ts';

/** Cliniko's record of a deleted patient: the time beside its id. */
const DeletedRecord = z.object({ deleted_at: z.string() });

/** Id and time of a deleted patient, as a list to flatten; empty if the record has no id. */
function deletionOf(record: unknown): [id: string, deletedAt: number][] {
  const id = recordId(record);
  // Without a time it is deleted all the same: the list says so.
  const deletedAt = Date.parse(DeletedRecord.safeParse(record).data?.deleted_at ?? '');
  return id === undefined ? [] : [[id, deletedAt]];
}

/** Records of a page of deleted patients that name no patient, as warnings under their place in the list. */
const namelessOf = (records: unknown[], page: number): NonNullable<Advance['warnings']> =>
  records.flatMap((record, index) =>
    recordId(record) === undefined
      ? [{ cliniko_patient_id: `deleted ${page}.${index + 1}`, field: 'id', code: warningCodes.leftOut }]
      : [],
  );

/**
 * Marks the patients that Cliniko lists as deleted. No other patient is ever marked, even if lists no longer
 * show it.
 */
export const syncRemovals = (input: StepInput, deps: ClinikoDeps): Promise<Next> =>
  runStep(
    input,
    'removals',
    deps,
    (turn) => readPage(turn.run, turn.account, turn.deps),
    async (turn, page) => {
      const { snapshot, run: begun } = turn;
      if (isEndless(begun, page.totalEntries)) throw new ClinikoFault('ClinikoUnavailable');
      const deletions = new Map(page.records.flatMap(deletionOf));
      const known = await findPatients(snapshot, [...deletions.keys()]);
      const at = timestamp(deps.now());
      const changes = [...known.values()]
        .filter(({ standing }) => standing !== 'deleted')
        .map((before): Change => ({ before, after: { ...before, standing: 'deleted', last_synced: at } }));
      const isSeen = seenBy(begun);
      // A patient deleted since the run began, before the run saw it, is in Cliniko's count at the beginning
      // but in no list any more.
      const missed = [...deletions].filter(
        ([id, deletedAt]) => !isSeen(known.get(id)) && deletedAt >= begun.startedAt,
      ).length;
      const warnings = namelessOf(page.records, begun.cursor.page);
      const after = (part: Part, run: Run) => {
        const lost = run.lost + part.changes.filter(({ before }) => isSeen(before)).length;
        const moved = part.isLast
          ? {
              ...advanced(run, page.next, deps.now()),
              missed: run.missed + missed,
              deleted: page.totalEntries,
            }
          : run;
        return { run: { ...moved, lost }, advance: part.isLast ? { warnings } : {} };
      };
      return await storeChanges(turn, changes, at, after, false);
    },
  );

export const handler = consume(clinikoWorkers.syncRemovals, (input) => syncRemovals(input, clinikoDeps));
