import { duration, type SyncLog, successRate } from './sync-log.ts';

/**
 * The latest sync as the body of the status answer.
 *
 * @param log its log; `undefined` if there was none.
 * @param stored patients that are stored: the log of an incremental sync only counts those that changed.
 * @param now milliseconds since the epoch.
 */
export function syncLogToStatus(log: SyncLog | undefined, stored: number, now: number) {
  if (!log) {
    return {
      sync_status: 'never_synced' as const,
      last_sync: null,
      patient_counts: { total_in_cliniko: 0, synced_to_database: 0, success_rate: 0 },
      sync_duration: null,
      operation_type: null,
    };
  }
  const isFull = log.operation !== 'incremental_patients';
  const end = log.completed_at ? Date.parse(log.completed_at) : now;
  return {
    sync_status: log.status,
    last_sync: log.completed_at ?? log.started_at,
    patient_counts: {
      total_in_cliniko: isFull ? log.found : stored,
      synced_to_database: isFull ? log.success : stored,
      success_rate: successRate(log),
    },
    sync_duration: duration(end - Date.parse(log.started_at)),
    operation_type: log.operation,
  };
}
