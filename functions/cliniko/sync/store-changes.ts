import type { StoredPatient } from '../patients/patient.ts';
import { type Progress, progressed, type SyncLog } from './sync-log.ts';
import { held, holding, type Run, type SyncState } from './sync-state.ts';
import { commit, logWrite, patientWrite, type Snapshot } from './sync-store.ts';

/** Patients of one transaction: with the state and the log they stay below DynamoDB's 100 writes, and a page is two of them. */
const TOGETHER = 50;

/** Where a run, its log and the counts of patients stand while a page is being stored. */
export interface Stand {
  snapshot: Snapshot;
  run: Run;
  log: SyncLog;
}

export interface Change {
  before: StoredPatient | undefined;
  after: StoredPatient;
}

/** A part of a page's changes, and whether it is the one with which the page is done. */
export interface Part {
  changes: Change[];
  isLast: boolean;
}

/** How many patients there are of each standing, after some changed. */
function countedAfter(state: SyncState, changes: Change[]): SyncState {
  const count = (standing: 'active' | 'archived' | 'deleted') =>
    held(state)[standing] +
    changes.filter(({ after }) => after.standing === standing).length -
    changes.filter(({ before }) => before?.standing === standing).length;
  return holding(state, {
    active: count('active'),
    archived: count('archived'),
    deleted: count('deleted'),
  });
}

/** Stores some patients together with what they change in the counts. */
async function store(
  stand: Stand,
  changes: Change[],
  run: Run,
  progress: Progress,
  at: string,
): Promise<Stand> {
  const log = progressed(stand.log, progress, at);
  const state = { ...countedAfter(stand.snapshot.state, changes), run };
  const stored = await commit(stand.snapshot, state, [
    logWrite(stand.snapshot.organization, log),
    ...changes.map(({ after }) => patientWrite(stand.snapshot, after)),
  ]);
  return { snapshot: { ...stand.snapshot, state: stored }, run, log };
}

/**
 * Stores what a page changes, in as few transactions as DynamoDB takes; also if it changes nothing, so that the run moves on.
 *
 * @param after the run after a part of them, and what that part adds to the log.
 * @returns the run after the page.
 */
export async function storeChanges(
  begun: Stand,
  changes: Change[],
  at: string,
  after: (part: Part, run: Run) => { run: Run; progress: Progress },
): Promise<Run> {
  let stand = begun;
  for (let from = 0; from === 0 || from < changes.length; from += TOGETHER) {
    const part = { changes: changes.slice(from, from + TOGETHER), isLast: from + TOGETHER >= changes.length };
    const { run, progress } = after(part, stand.run);
    stand = await store(stand, part.changes, run, progress, at);
  }
  return stand.run;
}
