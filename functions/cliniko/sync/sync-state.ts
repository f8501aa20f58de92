import * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import type { Item } from '../../../core/dynamo/store.ts';
import { stored } from '../../../core/dynamo/version.ts';
import { present } from '../../../core/invariant.ts';
import { noNumbers } from './number-set.ts';
import {
  newProgress,
  patientsPerPage,
  type SyncOperation,
  SyncProgress,
  syncOperations,
} from './sync-log.ts';

/**
 * Steps of a run, in this order. Between `count` and `check` each phase reads one of Cliniko's lists.
 * `updated` and `updated_archived` catch up: they read what changed while the other lists were being read, or
 * for an incremental sync since the last one. `check` compares with Cliniko's own counts.
 */
const phases = ['count', 'active', 'archived', 'updated', 'updated_archived', 'deleted', 'check'] as const;
export type Phase = (typeof phases)[number];

/** Position of a run in Cliniko's lists: the page that it requests next. */
const Cursor = z.object({
  phase: z.enum(phases),
  /** From 1. */
  page: z.int(),
  /** Path and query of the page, as Cliniko links to it. */
  next: z.string().optional(),
});
type Cursor = z.output<typeof Cursor>;

/**
 * What finished calls of a postponed step have answered, by name, so that they are not made again. They hold
 * for one key: with a new one, another account may answer.
 */
const FinishedCalls = z.object({
  /** Name of the key's secret. */
  secret: z.string(),
  answers: z.record(z.string(), z.unknown()),
});
export const noneFinished: z.output<typeof FinishedCalls> = { secret: '', answers: {} };

/**
 * A running sync, as stored within `SyncState`. Instants are in milliseconds since the epoch unless noted.
 */
const Run = z.object({
  /** Id of its log. */
  sync: z.int(),
  operation: z.enum(syncOperations),
  /**
   * Fencing token: counts the executions of this run, so that steps of an earlier one cannot write any more.
   */
  attempt: z.int(),
  /** Start of this attempt. */
  attemptAt: z.number(),
  /** Start of the run. */
  startedAt: z.number(),
  /** End of the lease: until then the sweep leaves the run alone as long as its execution runs. */
  leaseUntil: z.number(),
  /** Resumes by the sweep since its last finished page. */
  resumes: z.int(),
  /** Rejections for Cliniko's rate limit since its last finished page. */
  refusals: z.int(),
  /** Steps that ended without an answer of Cliniko since its last finished page. */
  outages: z.int().default(0),
  finished: FinishedCalls.default(noneFinished),
  cursor: Cursor,
  /** Passes over the lists so far, from 1: a pass that misses patients is followed by another. */
  round: z.int(),
  /** Pages read of the current list, to end a list whose links go round in a circle. */
  listPages: z.int(),
  /** Lower bound of `updated_at` for the `updated` lists, RFC 3339. */
  since: z.string(),
  /** Lower bound of `deleted_at`, RFC 3339; `null` for all deleted patients. */
  deletedSince: z.string().nullable(),
  /** Patients that Cliniko counted at the beginning. */
  required: z.int(),
  /** Distinct patients that this run has seen. */
  seen: z.int(),
  /** Their numbers, as a packed set: a patient that did not change is not written to be counted once. */
  seenNumbers: z.instanceof(Uint8Array).default(() => noNumbers),
  progress: SyncProgress,
  /** Patients that were deleted after this run had seen them. */
  lost: z.int(),
  /** Patients that were deleted, since this run began, before it saw them. */
  missed: z.int(),
  /** Patients that Cliniko counted as deleted when their list was read. */
  deleted: z.int(),
});
export type Run = z.output<typeof Run>;

/** Counts of the stored patients of one Cliniko account. */
const Holdings = z.object({
  /** Start of the last completed sync, RFC 3339. */
  completedFrom: z.string().nullable(),
  /**
   * End of the last completed sync of all patients, RFC 3339: until then, a stored patient that it did not
   * write was as Cliniko has it.
   */
  foundSameAt: z.string().nullable().default(null),
  /** Stored patients by standing. */
  active: z.int(),
  archived: z.int(),
  deleted: z.int(),
});
export type Holdings = z.output<typeof Holdings>;

/** State of an organisation's syncs as stored in `cliniko`. */
export const SyncState = stored(
  'state of syncs',
  z.object({
    /**
     * Counts changes (optimistic locking): a change is conditional on the version it read, so no page is
     * counted twice.
     */
    version: z.int(),
    /** Drawn for each change: tells a writer whose answer was lost that the change is its own. */
    by: z.string().optional(),
    run: Run.nullable(),
    /**
     * Latest starts that callers asked for, in milliseconds since the epoch; a sync that fails removes its
     * own.
     */
    starts: z.array(z.number()),
    /** Number of logs ever written. */
    logs: z.int(),
    /** Id of the Cliniko account whose patients are listed; empty before the first sync. */
    account: z.string(),
    /** Name of the secret with the key that led to `account`; empty before the first sync. */
    secret: z.string(),
    /** By account id, of every account that the organisation ever had. */
    holdings: z.record(z.string(), Holdings),
  }),
);
export type SyncState = z.output<typeof SyncState>;

/** A run that an earlier version began: its counts are in its log alone. */
const FormerRun = z.looseObject({ sync: z.int(), startedAt: z.number(), progress: z.undefined().optional() });
type FormerRun = z.output<typeof FormerRun>;

/** The run of a state, if an earlier version began it. */
export const formerRunOf = ({ run }: Item): FormerRun | undefined => FormerRun.safeParse(run).data;

/**
 * Parses a state.
 *
 * @param counts of a run of an earlier version, from its log. A reader that does not look at them may leave
 * them out: they are those of its beginning then.
 * @throws ZodError for an item of another shape.
 */
export function asSyncState(item: Item, counts?: SyncProgress): SyncState {
  const former = formerRunOf(item);
  const progress = former && (counts ?? newProgress(timestamp(former.startedAt)));
  return SyncState.parse(former ? { ...item, run: { ...former, progress } } : item);
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

const noHoldings: Holdings = { completedFrom: null, foundSameAt: null, active: 0, archived: 0, deleted: 0 };

/** Holdings of the listed account. */
export const currentHoldings = ({ account, holdings }: SyncState): Holdings =>
  holdings[account] ?? noHoldings;

/** The state with changed holdings of the listed account. */
export const withHoldings = (state: SyncState, more: Partial<Holdings>): SyncState => ({
  ...state,
  holdings: { ...state.holdings, [state.account]: { ...currentHoldings(state), ...more } },
});

/**
 * Lease of a run, renewed with each page. Longer than all retries of a step together: nine tries of at most
 * 90 seconds and the pauses between them take 17 minutes.
 */
export const syncLeaseMs = 20 * 60_000;

/**
 * Subtracted from lower bounds, because clocks differ and Cliniko's lists lag a little behind its changes.
 */
const overlapMs = 2 * 60_000;

const earlier = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) - milliseconds).toISOString();

/**
 * Lower bound of `deleted_at` for a run: the start of the last completed sync, or `null` for all deleted
 * patients.
 */
export const deletedSince = ({ completedFrom }: Holdings): string | null =>
  completedFrom && earlier(completedFrom, overlapMs);

/**
 * A run that begins now. An incremental one reads what changed since the last completed sync began.
 *
 * @param sync the id of its log.
 * @param now milliseconds since the epoch.
 */
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
    outages: 0,
    finished: noneFinished,
    cursor: { phase: 'count', page: 1 },
    round: 1,
    listPages: 0,
    since: earlier(since, overlapMs),
    deletedSince: deletedSince(currentHoldings(state)),
    required: 0,
    seen: 0,
    seenNumbers: noNumbers,
    progress: newProgress(at),
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

/** The first page of the list after the current one. */
function nextPhase(run: Run): Cursor {
  const order = phaseOrder[run.operation];
  const phase = order[order.indexOf(run.cursor.phase) + 1];
  return { phase: present(phase, `no phase follows ${run.cursor.phase}`), page: 1 };
}

/**
 * The run after a finished page: at the next page of its list, or at the beginning of the next list.
 *
 * @param next path and query of the next page; `undefined` at the end of the list.
 */
export function advanced(run: Run, next: string | undefined, now: number): Run {
  const { phase, page } = run.cursor;
  return {
    ...run,
    cursor: next === undefined ? nextPhase(run) : { phase, page: page + 1, next },
    listPages: next === undefined ? 0 : run.listPages + 1,
    leaseUntil: now + syncLeaseMs,
    resumes: 0,
    refusals: 0,
    outages: 0,
  };
}

/**
 * True after more pages than a list of this length can have; five more allow for patients added while it is
 * read.
 */
export const isEndless = (run: Run, totalEntries: number): boolean =>
  run.listPages > Math.ceil(totalEntries / patientsPerPage) + 5;

/**
 * Passes over the lists before a run gives up with `SyncIncomplete`. Every second round only reads what
 * changed, which is enough if patients were added behind the first.
 */
const roundsMax = 4;

/**
 * True if a run has seen every patient that Cliniko counts now, and every one that it counted at first.
 *
 * @param total patients that Cliniko counts now.
 * @param deleted patients that Cliniko counts as deleted now: their list must have shown all of them.
 */
export const isComplete = (run: Run, total: number, deleted: number): boolean =>
  run.seen - run.lost >= total && run.seen + run.missed >= run.required && deleted === run.deleted;

/** The run at the beginning of another round; `undefined` after the last one. */
export function anotherRound(run: Run, total: number, now: number): Run | undefined {
  if (run.round >= roundsMax) return undefined;
  const fromTheStart = run.round % 2 === 0 && run.operation !== 'incremental_patients';
  return {
    ...run,
    round: run.round + 1,
    cursor: { phase: fromTheStart ? 'active' : 'updated', page: 1 },
    required: fromTheStart ? total : run.required,
    // Each round reads the whole list of deleted patients.
    missed: 0,
    listPages: 0,
    leaseUntil: now + syncLeaseMs,
  };
}

export type Step = 'begin' | 'page' | 'removals' | 'finish';

/** The step of the workflow that continues at a cursor. */
export function stepOf({ phase }: Cursor): Step {
  if (phase === 'count') return 'begin';
  if (phase === 'deleted') return 'removals';
  return phase === 'check' ? 'finish' : 'page';
}
