import { isDeepStrictEqual } from 'node:util';
import { invariant } from '../../../core/invariant.ts';
import { chunksOf } from '../../../core/parallel.ts';
import type { StoredPatient } from '../patients/patient.ts';
import { numbersIn, withNumbers } from './number-set.ts';
import { type Advance, mayList, progressed, withListed } from './sync-log.ts';
import { currentHoldings, type Run, type SyncState, withHoldings } from './sync-state.ts';
import { type Change, commit, findLog, logWrite, patientWrite, type Snapshot } from './sync-store.ts';

/**
 * With the state and the log below the 100 actions of TransactWriteItems; a page of 100 changed patients
 * takes two transactions.
 */
const patientsPerTransaction = 50;

/** A run, and the state after the part of a page that is stored. */
export interface SyncPosition {
  snapshot: Snapshot;
  run: Run;
}

/** Patients of a page whose fate one write decides; the last part finishes the page. */
export interface Part {
  changes: Change[];
  isLast: boolean;
}

/** What a sync has to store of a patient: all but when it was stored. */
const content = ({ last_synced: _at, seen: _by, ...stored }: StoredPatient) => stored;

/** True if a patient is new, or other than it is stored. */
const isChanged = ({ before, after }: Change): boolean =>
  !before || !isDeepStrictEqual(content(before), content(after));

/** Tells whether a run has seen a stored patient. */
export function seenBy({ sync, seenNumbers }: Run): (patient: StoredPatient | undefined) => boolean {
  const isSeen = numbersIn(seenNumbers);
  // A run that was begun before runs had numbers has marked the patients that it saw.
  return (patient) => patient !== undefined && (isSeen(patient.id) || patient.seen === sync);
}

/** The parts of a page: changed patients in transactions of 50, and the others with the last of them. */
function partsOf(changes: Change[]): Part[] {
  const changed = chunksOf(changes.filter(isChanged), patientsPerTransaction);
  const same = changes.filter((change) => !isChanged(change));
  return [
    ...changed.slice(0, -1).map((its) => ({ changes: its, isLast: false })),
    { changes: [...(changed.at(-1) ?? []), ...same], isLast: true },
  ];
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

/** Stores the changed patients of a part, the run and the counts, and the log if its lists grow. */
async function store(
  { snapshot }: SyncPosition,
  { changes }: Part,
  run: Run,
  advance: Advance,
): Promise<SyncPosition> {
  const { organization } = snapshot;
  const state = { ...countedAfter(snapshot.state, changes), run };
  const log = mayList(advance) ? await findLog(snapshot, run.sync) : undefined;
  invariant(log || !mayList(advance), 'a run is stored together with its log');
  const listed = log && withListed({ ...log, ...run.progress }, advance);
  const stored = await commit(snapshot, state, [
    ...(listed ? [logWrite(organization, listed)] : []),
    ...changes.filter(isChanged).map((change) => patientWrite(snapshot, change)),
  ]);
  return { snapshot: { ...snapshot, state: stored }, run };
}

/**
 * Stores what a page has changed, and that the run has seen its patients. A page without changes is one write
 * of the state.
 *
 * @param at RFC 3339.
 * @param after returns the run after a part, and what that part adds to the log.
 * @param isSeen false for patients that are not seen by being on the page: those of the deleted ones.
 * @returns the run after the page.
 * @throws Overtaken if the state or a patient changed meanwhile.
 */
export async function storeChanges(
  begun: SyncPosition,
  changes: Change[],
  at: string,
  after: (part: Part, run: Run) => { run: Run; advance: Advance },
  isSeen = true,
): Promise<Run> {
  let position = begun;
  for (const part of partsOf(changes)) {
    const { run, advance } = after(part, position.run);
    const numbers = isSeen ? part.changes.map(({ after: { id } }) => id) : [];
    const next = {
      ...run,
      progress: progressed(run.progress, advance, at),
      seenNumbers: withNumbers(run.seenNumbers, numbers),
    };
    position = await store(position, part, next, advance);
  }
  return position.run;
}
