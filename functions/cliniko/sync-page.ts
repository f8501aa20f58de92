import { timestamp } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { type ClinikoDeps, clinikoDeps } from './account/deps.ts';
import { readPage } from './account/lists.ts';
import { ClinikoFault } from './faults.ts';
import { mergePatient } from './patients/patient.ts';
import { type ReadPatient, readPatient } from './patients/patient-record.ts';
import { runStep, type StepContext } from './sync/run-step.ts';
import type { Next, StepInput } from './sync/step-shape.ts';
import { seenBy, storeChanges } from './sync/store-changes.ts';
import type { Advance } from './sync/sync-log.ts';
import { advanced, isEndless, type Run } from './sync/sync-state.ts';
import { type Change, findPatients, takeNumbers } from './sync/sync-store.ts';
import { clinikoWorkers } from './workers.ts';

/** The changes that a page's records make, one per patient: of a repeated record the later one counts. */
async function changesOf(reads: ReadPatient[], { snapshot, run, deps }: StepContext): Promise<Change[]> {
  const unique = [...new Map(reads.map((read) => [read.id, read])).values()];
  const known = await findPatients(
    snapshot,
    unique.map(({ id }) => id),
  );
  const added = unique.filter(({ id }) => !known.has(id)).length;
  let number = added > 0 ? await takeNumbers(snapshot.organization.tenant, added) : 0;
  const standing =
    run.cursor.phase === 'archived' || run.cursor.phase === 'updated_archived' ? 'archived' : 'active';
  const sighting = { sync: run.sync, at: timestamp(deps.now()), standing } as const;
  return unique.map((read) => {
    const before = known.get(read.id);
    return { before, after: mergePatient(before, read, sighting, before ? before.id : number++) };
  });
}

/** What a part of a page adds to the log: patients that this run sees for the first time. */
function advanceOf(changes: Change[], reads: Map<string, ReadPatient>, run: Run) {
  const isSeen = seenBy(run);
  const fresh = changes
    .filter(({ before }) => !isSeen(before))
    .map(({ after }) => reads.get(after.cliniko_id));
  const broken = fresh.flatMap((read) =>
    read && 'reason' in read ? [{ cliniko_patient_id: read.id, reason: read.reason }] : [],
  );
  const warnings = fresh.flatMap((read) =>
    read && 'warnings' in read
      ? read.warnings.map((warning) => ({ cliniko_patient_id: read.id, ...warning }))
      : [],
  );
  return {
    success: fresh.length - broken.length,
    failed: broken.length,
    broken,
    warnings,
  } satisfies Advance;
}

/**
 * Reads the page at the run's cursor and stores its patients. Only the last part of a page moves the cursor,
 * so an interrupted page is read again; patients that this run has seen are not counted twice.
 */
export const syncPage = (input: StepInput, deps: ClinikoDeps): Promise<Next> =>
  runStep(
    input,
    'page',
    deps,
    (turn) => readPage(turn.run, turn.account, turn.deps),
    async (turn, page) => {
      const { phase, page: number } = turn.run.cursor;
      if (isEndless(turn.run, page.totalEntries)) throw new ClinikoFault('ClinikoUnavailable');
      const reads = page.records.map((record, index) =>
        readPatient(record, `${phase} ${number}.${index + 1}`),
      );
      const byId = new Map(reads.map((read) => [read.id, read]));
      const changes = await changesOf(reads, turn);
      const isCounted = turn.run.round === 1 && (phase === 'active' || phase === 'archived');
      return await storeChanges(turn, changes, timestamp(deps.now()), (part, run) => {
        const advance = advanceOf(part.changes, byId, run);
        const moved = part.isLast ? advanced(run, page.next, deps.now()) : run;
        return {
          run: { ...moved, seen: run.seen + advance.success + advance.failed },
          advance: { ...advance, pages: part.isLast && isCounted ? 1 : 0 },
        };
      });
    },
  );

export const handler = consume(clinikoWorkers.syncPage, (input) => syncPage(input, clinikoDeps));
