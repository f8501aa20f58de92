import { patientsPerPage, type SyncOperation } from './sync-log.ts';

/**
 * The lists that a sync walks through, in this order. `updated` is the tail pass: what changed while the lists were being read, or for an
 * incremental sync since the last one. `check` compares with Cliniko's own counts.
 */
export type Phase = 'count' | 'active' | 'archived' | 'updated' | 'updated_archived' | 'deleted' | 'check';

/** Where a run stands in Cliniko's lists: what it asks for next. */
export interface Cursor {
  phase: Phase;
  page: number;
  /** Path and query of the page, as Cliniko links to it. */
  next?: string;
}

/** A running sync. */
export interface Run {
  /** The id of its log. */
  sync: number;
  operation: SyncOperation;
  /** Counts how often it was (re)started: a step of an earlier attempt may not write any more. */
  attempt: number;
  /** When this attempt began, in milliseconds since the epoch. */
  attemptAt: number;
  /** When it began, likewise. */
  startedAt: number;
  /** How long nobody needs to look after it, likewise. */
  leaseUntil: number;
  /** How often it was taken back since its last finished page. */
  resumes: number;
  /** How often Cliniko refused it for its rate limit since its last finished page. */
  refusals: number;
  cursor: Cursor;
  /** How many times the lists were begun: a round that misses somebody is followed by another. */
  round: number;
  /** Pages of the present list that were fetched, to end a list that links to itself. */
  listPages: number;
  /** From when on changes are asked for, RFC 3339; what was deleted, from `deletedSince`, or from the beginning. */
  since: string;
  deletedSince: string | null;
  /** How many patients Cliniko counted when it began. */
  required: number;
  /** How many of them it met, each counted once; how many it met were deleted after that, and how many before it met them. */
  seen: number;
  lost: number;
  missed: number;
  /** How many Cliniko counted as deleted when their list was read. */
  deleted: number;
}

/** What is known of an organisation's syncs, as it is stored. */
export interface SyncState {
  /** Counts changes: each is made to the version that was read, so that no two steps count one page. */
  version: number;
  run: Run | null;
  /** When callers asked for the latest starts, in milliseconds since the epoch; a sync that fails gives its own back. */
  starts: number[];
  /** How many logs there are. */
  logs: number;
  /** The Cliniko account whose patients are listed, and the secret with the key that led to it; empty before the first sync. */
  account: string;
  secret: string;
  /** What is stored of every account that the organisation ever had. */
  holdings: Readonly<Record<string, Holdings>>;
}

/** What is stored of one Cliniko account. */
export interface Holdings {
  /** When the last completed sync began, RFC 3339. */
  completedFrom: string | null;
  /** How many patients there are of each standing. */
  active: number;
  archived: number;
  deleted: number;
}

export const emptyState: SyncState = {
  version: 0,
  run: null,
  starts: [],
  logs: 0,
  account: '',
  secret: '',
  holdings: {},
};

const noHoldings: Holdings = { completedFrom: null, active: 0, archived: 0, deleted: 0 };

/** What is stored of the account that is listed. */
export const currentHoldings = ({ account, holdings }: SyncState): Holdings =>
  holdings[account] ?? noHoldings;

export const withHoldings = (state: SyncState, more: Partial<Holdings>): SyncState => ({
  ...state,
  holdings: { ...state.holdings, [state.account]: { ...currentHoldings(state), ...more } },
});

/** How long a step may be silent before its run counts as dead: all retries of a step fit in. In milliseconds. */
export const syncLeaseMs = 10 * 60_000;

/** Clocks differ, and Cliniko's lists lag a little behind its changes. In milliseconds. */
const overlapMs = 2 * 60_000;

const earlier = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) - milliseconds).toISOString();

/** From when on a run asks who was deleted: since the last completed sync began, or from the beginning. */
export const deletedSince = ({ completedFrom }: Holdings): string | null =>
  completedFrom && earlier(completedFrom, overlapMs);

/** A run that begins now. An incremental one asks for what changed since the last completed sync began. */
export function newRun(sync: number, state: SyncState, operation: SyncOperation, now: number): Run {
  const at = new Date(now).toISOString();
  const { completedFrom } = currentHoldings(state);
  const since = operation === 'incremental_patients' && completedFrom ? completedFrom : at;
  return {
    sync,
    operation,
    attempt: 1,
    attemptAt: now,
    startedAt: now,
    leaseUntil: now + syncLeaseMs,
    resumes: 0,
    refusals: 0,
    cursor: { phase: 'count', page: 1 },
    round: 1,
    listPages: 0,
    since: earlier(since, overlapMs),
    deletedSince: deletedSince(currentHoldings(state)),
    required: 0,
    seen: 0,
    lost: 0,
    missed: 0,
    deleted: 0,
  };
}

const phaseOrder: Record<SyncOperation, readonly Phase[]> = {
  full_patients: ['count', 'active', 'archived', 'updated', 'updated_archived', 'deleted', 'check'],
  active_patients: ['count', 'active', 'updated', 'updated_archived', 'deleted', 'check'],
  incremental_patients: ['count', 'updated', 'updated_archived', 'deleted', 'check'],
};

/** The list after the one that is at its end. */
function nextPhase(run: Run): Cursor {
  const order = phaseOrder[run.operation];
  return { phase: order[order.indexOf(run.cursor.phase) + 1] ?? 'check', page: 1 };
}

/** The run after a page: further in its list, or at the beginning of the next one. */
export function advanced(run: Run, next: string | undefined, now: number): Run {
  const { phase, page } = run.cursor;
  return {
    ...run,
    cursor: next === undefined ? nextPhase(run) : { phase, page: page + 1, next },
    listPages: next === undefined ? 0 : run.listPages + 1,
    leaseUntil: now + syncLeaseMs,
    resumes: 0,
    refusals: 0,
  };
}

/** More pages than a list of this length can have: a few more for what is added while it is read. */
export const isEndless = (run: Run, totalEntries: number): boolean =>
  run.listPages > Math.ceil(totalEntries / patientsPerPage) + 5;

/**
 * How often the lists are read before a run gives up to account for them: every second round only reads what changed, which is
 * enough if somebody was added behind the first.
 */
const roundsMax = 4;

/**
 * Whether a run met everyone: those whom Cliniko counts now, and those whom it counted at the beginning.
 *
 * @param deleted how many Cliniko counts as deleted now: all of them must be known.
 */
export const isComplete = (run: Run, total: number, deleted: number): boolean =>
  run.seen - run.lost >= total && run.seen + run.missed >= run.required && deleted === run.deleted;

/** The run with another round before it; `undefined` when it had all that it gets. */
export function anotherRound(run: Run, total: number, now: number): Run | undefined {
  if (run.round >= roundsMax) return undefined;
  const fromTheStart = run.round % 2 === 0 && run.operation !== 'incremental_patients';
  return {
    ...run,
    round: run.round + 1,
    cursor: { phase: fromTheStart ? 'active' : 'updated', page: 1 },
    required: fromTheStart ? total : run.required,
    // The list of the deleted is read to its end in each round.
    missed: 0,
    listPages: 0,
    leaseUntil: now + syncLeaseMs,
  };
}

export type Step = 'begin' | 'page' | 'removals' | 'finish';

/** What a workflow does next for a run that stands there. */
export function stepOf({ phase }: Cursor): Step {
  if (phase === 'count') return 'begin';
  if (phase === 'deleted') return 'removals';
  return phase === 'check' ? 'finish' : 'page';
}
