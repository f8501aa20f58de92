import * as z from 'zod';
import { organizationId } from '../../../core/contract/organization-id.ts';
import { stored } from '../../../core/dynamo/version.ts';
import { type FailureKind, failureKinds } from '../faults.ts';
import { warningCodes } from '../patients/read-field.ts';

/**
 * Kinds of syncs: of all patients, or of those that changed since the last sync. `active_patients` only
 * appears in old logs.
 */
export const syncOperations = ['full_patients', 'active_patients', 'incremental_patients'] as const;
export type SyncOperation = (typeof syncOperations)[number];

export const syncStatuses = ['running', 'completed', 'failed'] as const;

/** Maximum of `per_page` (Cliniko API documentation, "Pagination"). */
export const patientsPerPage = 100;

/** Broken records that a log lists; further ones are only counted, so that the item stays small. */
const brokenRecordsShownMax = 50;

/** Warnings that a log lists; further ones are only counted. */
const warningsShownMax = 50;

const Warning = z.object({
  /** Cliniko's id, or the place in its list of a record without one. */
  cliniko_patient_id: z.string(),
  /** Its name in Cliniko's record. */
  field: z.string(),
  code: z.enum(Object.values(warningCodes)),
});

const count = z.int().nonnegative();

/** Failed calls to Cliniko by kind; kinds that did not happen are left out. */
const Retries = z.object(Object.fromEntries(failureKinds.map((kind) => [kind, count.optional()])));
export type Retries = Partial<Record<FailureKind, number>>;

const Fields = z.object({
  id: z.int(),
  /** Position among the organisation's syncs, from 1: the oldest and the newest log give their number. */
  nth: z.int(),
  /** TTL, in seconds since the epoch. */
  expires_at: z.number(),
  organization: z.string(),
  operation: z.enum(syncOperations),
  status: z.enum(syncStatuses),
  started_at: z.string(),
  completed_at: z.string().nullable(),
  /** The last time that records were counted. */
  progressed_at: z.string(),
  found: z.int(),
  success: z.int(),
  failed: z.int(),
  /** Finished pages, and pages in all. */
  page: z.int(),
  pages: z.int(),
  /** In percent with one decimal. Never falls, though `found` may grow. */
  progress: z.number(),
  /** Records that could not be stored: ids and the invalid fields, never their content. */
  broken: z.array(z.object({ cliniko_patient_id: z.string(), reason: z.string() })),
  /** Calls to Cliniko that failed and were repeated, by kind. */
  retries: Retries.default({}),
  /** Fields that are not stored as Cliniko has them: their names, never their values. */
  warnings: z.array(Warning).default([]),
  /** Number of warnings, also of those that are not listed. */
  warned: z.int().default(0),
  fault: z.object({ message: z.string(), error_code: z.string(), action: z.string().optional() }).nullable(),
});

/** One sync of an organisation as stored in `operations`. Instants are RFC 3339. */
export const SyncLog = stored('log of a sync', Fields);
export type SyncLog = z.output<typeof SyncLog>;

/**
 * The counts of a sync, which change with every page. While it runs, they are part of its run: the stored log
 * has those of its begin, and those of a page that added to its lists.
 */
export const SyncProgress = Fields.pick({
  ...{ progressed_at: true, found: true, success: true, failed: true, page: true, pages: true },
  ...{ progress: true, retries: true, warned: true },
});
export type SyncProgress = z.output<typeof SyncProgress>;

/** The counts of a sync that begins. @param at RFC 3339. */
export const newProgress = (at: string): SyncProgress => ({
  ...{ progressed_at: at, found: 0, success: 0, failed: 0, page: 0, pages: 0, progress: 0 },
  ...{ retries: {}, warned: 0 },
});

/** A sync log in answers. */
export const SyncLogReply = z
  .object({
    id: z.int(),
    organization_id: z.union([z.string(), z.number()]),
    operation_type: z.enum(syncOperations),
    status: z.enum(syncStatuses),
    started_at: z.string(),
    completed_at: z.string().nullable(),
    records_processed: count,
    records_success: count,
    records_failed: count,
    metadata: z.object({
      patients_found: count,
      patients_stored: count,
      sync_type: z.enum(syncOperations),
      current_page: count,
      total_pages: count,
      progress_percent: z.number().min(0).max(100),
      estimated_remaining: z.string().nullable(),
      retries: Retries.describe(
        'Calls to Cliniko that failed and were repeated, by kind: a status of 5xx, 408 or 425, a connection refused or cut, no whole answer in time, a body that cannot be read, JSON of another shape than documented, a refusal (such as 401, 403 or a redirect) that was not confirmed, the rate limit.',
      ),
      warning_count: count,
      warnings: z
        .array(Warning)
        .describe(
          'Fields of stored patients that are not as Cliniko has them, the first 50: cut or cleaned text, text that Cliniko has damaged, values left out. Never the values.',
        ),
    }),
    error_details: z
      .object({
        message: z.string(),
        error_code: z.string().nullable(),
        action: z.string().nullable().describe('What to do about it.'),
        failed_at: z.string().nullable(),
        failed_records: z.array(z.object({ cliniko_patient_id: z.string(), reason: z.string() })),
      })
      .nullable(),
  })
  .meta({ id: 'SyncLog' });

/** More than a year, so that a month can be compared with the same month of the year before. */
const logRetentionDays = 400;

/**
 * The log of a sync that begins.
 *
 * @param nth its position among the organisation's syncs, from 1.
 * @param at RFC 3339.
 */
export function newLog(
  id: number,
  nth: number,
  organization: string,
  operation: SyncOperation,
  at: string,
): SyncLog {
  return {
    id,
    nth,
    expires_at: Math.floor(Date.parse(at) / 1000) + logRetentionDays * 86_400,
    organization,
    operation,
    status: 'running',
    started_at: at,
    completed_at: null,
    ...newProgress(at),
    broken: [],
    warnings: [],
    fault: null,
  };
}

/** In percent with one decimal. */
const percent = (part: number, whole: number): number => Math.round((part / whole) * 1_000) / 10;

/** The counts after Cliniko was counted: its patients, and the pages of their lists. Neither ever falls. */
export function found(before: SyncProgress, patients: number, pages: number): SyncProgress {
  const counted = { found: Math.max(before.found, patients), pages: Math.max(before.pages, pages) };
  return progressed({ ...before, ...counted }, {});
}

/** What a page adds to a log. */
export interface Advance {
  success?: number;
  failed?: number;
  pages?: number;
  broken?: SyncLog['broken'];
  warnings?: SyncLog['warnings'];
}

/** The counts after some more records were processed. */
export function progressed(before: SyncProgress, more: Advance, at = before.progressed_at): SyncProgress {
  const success = before.success + (more.success ?? 0);
  const failed = before.failed + (more.failed ?? 0);
  const known = Math.max(before.found, success + failed);
  const share = known === 0 ? 0 : percent(success + failed, known);
  return {
    ...before,
    success,
    failed,
    found: known,
    page: Math.min(before.pages, before.page + (more.pages ?? 0)),
    progress: Math.max(before.progress, share),
    progressed_at: at,
    warned: before.warned + (more.warnings ?? []).length,
  };
}

/**
 * The log with what a page adds to its lists; `undefined` if that is nothing, since there is none or the
 * lists are full.
 */
export function withListed(log: SyncLog, more: Advance): SyncLog | undefined {
  const broken = [...log.broken, ...(more.broken ?? [])].slice(0, brokenRecordsShownMax);
  const warnings = [...log.warnings, ...(more.warnings ?? [])].slice(0, warningsShownMax);
  const isSame = broken.length === log.broken.length && warnings.length === log.warnings.length;
  return isSame ? undefined : { ...log, broken, warnings };
}

/** True if a page may add to the lists of a log. */
export const mayList = ({ broken = [], warnings = [] }: Advance): boolean =>
  broken.length + warnings.length > 0;

/** The counts after some calls to Cliniko failed. */
export function retried(before: SyncProgress, retries: Retries): SyncProgress {
  const counts = failureKinds.flatMap((kind): [FailureKind, number][] => {
    const sum = (before.retries[kind] ?? 0) + (retries[kind] ?? 0);
    return sum > 0 ? [[kind, sum]] : [];
  });
  return { ...before, retries: Object.fromEntries(counts) };
}

/** The log of a sync that has seen every patient. */
export function completed(log: SyncLog, total: number, at: string): SyncLog {
  const processed = log.success + log.failed;
  return {
    ...log,
    status: 'completed',
    completed_at: at,
    progressed_at: at,
    found: Math.max(total, processed),
    page: log.pages,
    progress: 100,
  };
}

/** The log of a sync that failed. */
export function failed(
  log: SyncLog,
  fault: { code: string; text: string; action: string },
  at: string,
): SyncLog {
  return {
    ...log,
    status: 'failed',
    completed_at: at,
    progressed_at: at,
    fault: { message: `Sync failed: ${fault.text}`, error_code: fault.code, action: fault.action },
  };
}

/** A duration such as `4m 22s`, without leading zero units. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = [hours > 0 && `${hours}h`, (hours > 0 || minutes > 0) && `${minutes}m`, `${seconds % 60}s`];
  return parts.filter(Boolean).join(' ');
}

/** Remaining time, extrapolated from the records processed so far; `null` before the first. */
function estimatedRemaining(log: SyncLog): string | null {
  if (log.status !== 'running') return '0 seconds';
  const processed = log.success + log.failed;
  if (processed === 0) return null;
  const elapsed = Date.parse(log.progressed_at) - Date.parse(log.started_at);
  const seconds = Math.ceil(((log.found - processed) * elapsed) / processed / 1000);
  return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
}

function errorDetails({ fault, broken, failed: count, completed_at }: SyncLog) {
  if (!fault && count === 0) return null;
  return {
    message: fault?.message ?? `${count} records could not be stored`,
    error_code: fault?.error_code ?? null,
    action: fault?.action ?? null,
    failed_at: fault ? completed_at : null,
    failed_records: broken,
  };
}

/** A stored log as an answer's body. */
export function syncLogToReply(log: SyncLog): z.input<typeof SyncLogReply> {
  return {
    id: log.id,
    organization_id: organizationId(log.organization),
    operation_type: log.operation,
    status: log.status,
    started_at: log.started_at,
    completed_at: log.completed_at,
    records_processed: log.success + log.failed,
    records_success: log.success,
    records_failed: log.failed,
    metadata: {
      patients_found: log.found,
      patients_stored: log.success,
      sync_type: log.operation,
      current_page: log.page,
      total_pages: log.pages,
      progress_percent: log.progress,
      estimated_remaining: estimatedRemaining(log),
      retries: log.retries,
      warning_count: log.warned,
      warnings: log.warnings,
    },
    error_details: errorDetails(log),
  };
}

/** Stored records among the processed ones, in percent with one decimal. */
export function successRate({ status, success, failed }: SyncLog): number {
  if (success + failed === 0) return status === 'completed' ? 100 : 0;
  return percent(success, success + failed);
}
