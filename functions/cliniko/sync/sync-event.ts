import { organizationId } from '../../../core/contract/organization-id.ts';
import type { WebhookEvent } from '../../../core/webhook/webhook.ts';
import { duration, type SyncLog, successRate } from './sync-log.ts';

/** The webhook event of a sync that ended; `error_code` only if it failed. */
export function eventOf(log: SyncLog): WebhookEvent {
  return {
    event: log.fault ? 'sync.failed' : 'sync.completed',
    organization_id: organizationId(log.organization),
    data: {
      sync_log_id: log.id,
      operation_type: log.operation,
      patients_synced: log.success,
      duration: duration(Date.parse(log.completed_at ?? log.progressed_at) - Date.parse(log.started_at)),
      success_rate: successRate(log),
      ...(log.fault ? { error_code: log.fault.error_code } : {}),
    },
  };
}
