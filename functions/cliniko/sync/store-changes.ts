import type { StoredPatient } from '../patients/patient.ts';
import { type Progress, progressed, type SyncLog } from './sync-log.ts';
import { currentHoldings, type Run, type SyncState, withHoldings } from './sync-state.ts';
import { commit, logWrite, patientWrite, type Snapshot } from './sync-store.ts';

/**
 * With the state and the log below the 100 actions of TransactWriteItems; a page of 100 patients takes two
 * transactions.
 */
const patientsPerTransaction = 50;

/** A run, its log and the state after the part of a page that is stored. */
export interface SyncPosition {
  snapshot: Snapshot;
  run: Run;
  log: SyncLog;
}

/** A stored patient before and after a sync saw it. */
export interface Change {
  before: StoredPatient | undefined;
  after: StoredPatient;
}

/** Changes of one transaction; the last part finishes the page. */
export interface Part {
  changes: Change[];
  isLast: boolean;
}

/** The state with the patients of each standing counted after some changes. */
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

/** Stores some patients, the run, its log and the counts in one transaction. */
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
 * Stores the changes of a page in transactions of 50 patients. A page without changes is one transaction, so
 * that the run moves on.
 *
 * @param at RFC 3339.
 * @param after returns the run after a part, and what that part adds to the log.
 * @returns the run after the page.
 * @throws Overtaken if the state changed meanwhile.
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
