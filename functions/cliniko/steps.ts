import { timestamp } from '../../core/clock.ts';
import { complete } from './end-sync.ts';
import { ClinikoFault } from './faults.ts';
import { countPatients, readPage } from './lists.ts';
import { met, type ReadPatient, readPatient, type StoredPatient } from './patient.ts';
import { type Turn, takeTurn } from './step.ts';
import type { Next, StepInput } from './step-shape.ts';
import { found, PER_PAGE, type Progress, progressed, type SyncLog } from './sync-log.ts';
import { advanced, anotherRound, isComplete, isEndless, type Run, type SyncState } from './sync-state.ts';
import { commit, findPatients, logWrite, patientWrite, type Snapshot, takeNumbers } from './sync-store.ts';
import type { World } from './world.ts';

/** Patients of one transaction: with the state and the log they stay below DynamoDB's 100 writes, and a page is two of them. */
const TOGETHER = 50;

const changesOnly = (run: Run): Run | undefined =>
  run.operation === 'incremental_patients' ? run : undefined;

/** Counts what there is. A run that was taken back has done so already and goes on where it stands. */
export const beginSync = (input: StepInput, world: World): Promise<Next> =>
  takeTurn(input, 'begin', world, async ({ snapshot, run, log, account }) => {
    const { active, archived } = await countPatients(account, world, changesOnly(run));
    const total = active + archived;
    const pages = Math.ceil(active / PER_PAGE) + Math.ceil(archived / PER_PAGE);
    const next = { ...advanced(run, undefined, world.now()), required: total };
    const counted = found(log, total, pages);
    await commit(snapshot, { ...snapshot.state, run: next }, [logWrite(snapshot.organization, counted)]);
    return next;
  });

/** Where a run, its log and the counts of patients stand while a page is being stored. */
interface Stand {
  snapshot: Snapshot;
  run: Run;
  log: SyncLog;
}

/** Stores some patients together with what they change in the counts. */
async function store(
  stand: Stand,
  changes: Change[],
  run: Run,
  progress: Progress,
  at: string,
): Promise<Stand> {
  const { organization } = stand.snapshot;
  const log = progressed(stand.log, progress, at);
  const state = { ...countedAfter(stand.snapshot.state, changes), run };
  const stored = await commit(stand.snapshot, state, [
    logWrite(organization, log),
    ...changes.map(({ after }) => patientWrite(organization, after)),
  ]);
  return { snapshot: { ...stand.snapshot, state: stored }, run, log };
}

interface Change {
  before: StoredPatient | undefined;
  after: StoredPatient;
}

/** How many patients there are of each standing, after some changed. */
function countedAfter(state: SyncState, changes: Change[]): SyncState {
  const difference = (standing: StoredPatient['standing']) =>
    changes.filter(({ after }) => after.standing === standing).length -
    changes.filter(({ before }) => before?.standing === standing).length;
  return {
    ...state,
    active: state.active + difference('active'),
    archived: state.archived + difference('archived'),
    deleted: state.deleted + difference('deleted'),
  };
}

/** What a page's records become, each patient once: of a record that comes twice the later one counts. */
async function changesOf(reads: ReadPatient[], { snapshot, run, world }: Turn): Promise<Change[]> {
  const { organization } = snapshot;
  const unique = [...new Map(reads.map((read) => [read.id, read])).values()];
  const known = await findPatients(
    organization,
    unique.map(({ id }) => id),
  );
  const strangers = unique.filter(({ id }) => !known.has(id)).length;
  let number = strangers > 0 ? await takeNumbers(organization.tenant, strangers) : 0;
  const standing =
    run.cursor.phase === 'archived' || run.cursor.phase === 'updated_archived' ? 'archived' : 'active';
  const meeting = { sync: run.sync, at: timestamp(world.now()), standing } as const;
  return unique.map((read) => {
    const before = known.get(read.id);
    return { before, after: met(before, read, meeting, before ? before.id : number++) };
  });
}

/** What a part of a page adds to the log: whoever this run meets for the first time. */
function progressOf(changes: Change[], reads: Map<string, ReadPatient>, run: Run): Progress {
  const fresh = changes
    .filter(({ before }) => before?.seen !== run.sync)
    .map(({ after }) => reads.get(after.cliniko_id));
  const broken = fresh.flatMap((read) =>
    read && 'reason' in read ? [{ cliniko_patient_id: read.id, reason: read.reason }] : [],
  );
  return { success: fresh.length - broken.length, failed: broken.length, broken };
}

/**
 * Reads the page at which the run stands and stores its patients. The last part of a page also moves the run on, so a page that
 * was interrupted is read again; whom this run has met already is not counted twice.
 */
export const syncPage = (input: StepInput, world: World): Promise<Next> =>
  takeTurn(input, 'page', world, async (turn) => {
    const { run, account } = turn;
    const page = await readPage(run, account, world);
    if (isEndless(run, page.totalEntries)) throw new ClinikoFault('ClinikoUnavailable');
    const { phase, page: number } = run.cursor;
    const reads = page.records.map((record, index) => readPatient(record, `${phase} ${number}.${index + 1}`));
    const byId = new Map(reads.map((read) => [read.id, read]));
    const changes = await changesOf(reads, turn);
    const at = timestamp(world.now());
    let stand: Stand = turn;
    for (let from = 0; from === 0 || from < changes.length; from += TOGETHER) {
      const part = changes.slice(from, from + TOGETHER);
      const isLast = from + TOGETHER >= changes.length;
      const progress = progressOf(part, byId, run);
      const seen = stand.run.seen + (progress.success ?? 0) + (progress.failed ?? 0);
      const moved = isLast ? advanced(stand.run, page.next, world.now()) : stand.run;
      const pages = isLast && run.round === 1 && (phase === 'active' || phase === 'archived') ? 1 : 0;
      stand = await store(stand, part, { ...moved, seen }, { ...progress, pages }, at);
    }
    return stand.run;
  });

/** The id of a deleted patient: all that is left of it is when, and a link to where it was. */
function deletedId(record: unknown): string | undefined {
  const { links, deleted_at } = (record ?? {}) as { links?: { self?: unknown }; deleted_at?: unknown };
  if (typeof deleted_at !== 'string' || typeof links?.self !== 'string') return undefined;
  return /\/patients\/(\d{1,20})(?:$|[/?#])/.exec(links.self)?.[1];
}

const isSince = (record: unknown, since: string): boolean =>
  Date.parse(String((record as { deleted_at?: unknown } | null)?.deleted_at)) >= Date.parse(since);

/** Marks whom Cliniko itself lists as deleted. Nobody else is ever taken for deleted. */
export const syncRemovals = (input: StepInput, world: World): Promise<Next> =>
  takeTurn(input, 'removals', world, async (turn) => {
    const { snapshot, run, account } = turn;
    const page = await readPage(run, account, world);
    if (isEndless(run, page.totalEntries)) throw new ClinikoFault('ClinikoUnavailable');
    const named = new Map(page.records.flatMap((record) => [[deletedId(record), record] as const]));
    const ids = [...named.keys()].filter((id) => id !== undefined);
    const known = await findPatients(snapshot.organization, ids);
    const at = timestamp(world.now());
    const changes = [...known.values()]
      .filter(({ standing }) => standing !== 'deleted')
      .map((before): Change => ({ before, after: { ...before, standing: 'deleted', last_synced: at } }));
    // Somebody who was deleted before this run met them cannot be met any more, though Cliniko counted them at the beginning.
    const startedAt = timestamp(run.startedAt);
    const missed = ids.filter(
      (id) => known.get(id)?.seen !== run.sync && isSince(named.get(id), startedAt),
    ).length;
    let stand: Stand = turn;
    for (let from = 0; from === 0 || from < changes.length; from += TOGETHER) {
      const part = changes.slice(from, from + TOGETHER);
      const isLast = from + TOGETHER >= changes.length;
      const lost = stand.run.lost + part.filter(({ before }) => before?.seen === run.sync).length;
      const moved = isLast
        ? { ...advanced(stand.run, page.next, world.now()), missed: run.missed + missed }
        : stand.run;
      stand = await store(stand, part, { ...moved, lost }, {}, at);
    }
    return stand.run;
  });

/** Compares with Cliniko's counts: ends the run if it met everyone, else goes another round. */
export const finishSync = (input: StepInput, world: World): Promise<Next> =>
  takeTurn(input, 'finish', world, async ({ snapshot, run, log, account }) => {
    const { active, archived } = await countPatients(account, world, changesOnly(run));
    const total = active + archived;
    if (isComplete(run, total)) {
      await complete(snapshot, run, log, total, world.now());
      return undefined;
    }
    const again = anotherRound(run, total, world.now());
    if (!again) throw new ClinikoFault('SyncIncomplete');
    await commit(snapshot, { ...snapshot.state, run: again }, [
      logWrite(snapshot.organization, found(log, total, 0)),
    ]);
    return again;
  });
