import type { StoredPatient } from '../patients/patient.ts';
import { type Progress, progressed, type SyncLog } from './sync-log.ts';
import { currentHoldings, type Run, type SyncState, withHoldings } from './sync-state.ts';
import { commit, logWrite, patientWrite, type Snapshot } from './sync-store.ts';

/** Patients of one transaction: with the state and the log they stay below DynamoDB's 100 writes, and a page is two of them. */
const patientsPerTransaction = 50;

/** Where a run, its log and the counts of patients position while a page is being stored. */
export interface SyncPosition {
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
    currentHoldings(state)[standing] +
    changes.filter(({ after }) => after.standing === standing).length -
    changes.filter(({ before }) => before?.standing === standing).length;
  return withHoldings(state, {
    active: count('active'),
    archived: count('archived'),
    deleted: count('deleted'),
  });
}

/** Stores some patients together with what they change in the counts. */
async function store(
  position: SyncPosition,
  changes: Change[],
  run: Run,
  progress: Progress,
  at: string,
): Promise<SyncPosition> {
  const log = progressed(position.log, progress, at);
  const state = { ...countedAfter(position.snapshot.state, changes), run };
  const stored = await commit(position.snapshot, state, [
    logWrite(position.snapshot.organization, log),
    ...changes.map(({ after }) => patientWrite(position.snapshot, after)),
  ]);
  return { snapshot: { ...position.snapshot, state: stored }, run, log };
}

/**
 * Stores what a page changes, in as few transactions as DynamoDB takes; also if it changes nothing, so that the run moves on.
 *
 * @param after the run after a part of them, and what that part adds to the log.
 * @returns the run after the page.
 */
export async function storeChanges(
  begun: SyncPosition,
  changes: Change[],
  at: string,
  after: (part: Part, run: Run) => { run: Run; progress: Progress },
): Promise<Run> {
  let position = begun;
  for (let from = 0; from === 0 || from < changes.length; from += patientsPerTransaction) {
    const part = {
      changes: changes.slice(from, from + patientsPerTransaction),
      isLast: from + patientsPerTransaction >= changes.length,
    };
    const { run, progress } = after(part, position.run);
    position = await store(position, part.changes, run, progress, at);
  }
  return position.run;
}
