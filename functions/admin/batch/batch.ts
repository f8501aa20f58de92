import * as z from 'zod';
import { type Engine, openEngine } from '../../../core/batch/engine.ts';
import type { Kind } from '../../../core/batch/kind.ts';
import type { Entry } from '../../../core/batch/read.ts';
import { type Batch, hasEnded } from '../../../core/batch/record.ts';
import { systemClock } from '../../../core/clock.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { Problem } from '../../../core/http/problem.ts';
import { log } from '../../../core/log.ts';
import { send } from '../../../core/queue.ts';
import { publish } from '../../../core/topic.ts';
import { publishOnce } from '../../../core/webhook/publish-once.ts';
import type { Language } from '../records/display.ts';
import { type AdminDone, type AdminFailure, adminKind } from './operation.ts';
import type { AdminOperationType } from './operation-types.ts';
import { batchStatusWords, operationWords } from './words.ts';

/** The `Retry-After` of a batch that has not ended, in seconds. */
export const pollAfterSeconds = '2';

/** The time that one operation takes at most, for the estimate at submission. */
const secondsPerOperation = 0.1;

let engine: Engine | undefined;

/** The batch engine for administration, created on first use. */
export function adminEngine(): Engine {
  engine ??= openEngine({
    name: 'admin',
    kinds: {
      order_update: adminKind('order_update'),
      professional_approval: adminKind('professional_approval'),
      service_update: adminKind('service_update'),
      user_update: adminKind('user_update'),
    } satisfies Record<AdminOperationType, Kind>,
    send: (tenant, message) => send('adminBatches', tenant, message),
    onEnded: reportEnd,
  });
  return engine;
}

/**
 * Reports the end of a batch to the tenant's webhooks (once) and to the topic (at least once), if its owner
 * asked for that.
 */
async function reportEnd(batch: Batch): Promise<void> {
  const { kind, status, total, succeeded, failed, canceled } = batch;
  log('info', 'admin batch ended', { batch: batch.id, kind, status, total, succeeded, failed, canceled });
  if (batch.details.notify !== true) return;
  const head = { batch_id: batchNumberOf(batch), operation_type: kind, status };
  const counts = { total, completed: succeeded, failed, canceled };
  const event = { event: 'batch.completed' as const, data: { ...head, ...counts } };
  await publishOnce(batch.id, { tenant: batch.tenant, organization: null }, event, systemClock.now());
  await publish('batchNotices', `Batch ${head.batch_id} ${status}`, {
    event: `batch.${status}`,
    ...{ tenant_id: batch.tenant, ...head, ...counts, completed_at: toSecondOrNull(batch.endedAt) },
  });
}

/**
 * The engine's id of a batch. Batches are numbered by tenant; a number has no `@`, so ids of two tenants
 * never collide.
 */
export const batchIdOf = (tenant: string, number: number): string => `${number}@${tenant}`;
const batchNumberOf = ({ id }: Pick<Batch, 'id'>): number => Number(id.slice(0, id.indexOf('@')));

/** The name of the list of a user's batches. */
export const batchesOfUser = ({ tenantId, userId }: Caller): string => JSON.stringify([tenantId, userId]);

const NumberItem = z.object({ n: z.int().positive() });

/**
 * Takes the tenant's next batch number. Never given twice; a number is skipped if opening the batch fails.
 */
export async function nextNumber(tenant: string): Promise<number> {
  const { item } = await dynamo().update({
    TableName: tableName('admin'),
    Key: { pk: `batches#${tenant}`, sk: 'NUMBER' },
    UpdateExpression: 'ADD n :one',
    ExpressionAttributeValues: { ':one': 1 },
    ReturnValues: 'UPDATED_NEW',
  });
  return NumberItem.parse(item).n;
}

const isAdmin = ({ role }: Caller): boolean => role === 'admin' || role === 'super_admin';

/**
 * Reads a batch that the caller may see: administrators all of the tenant's, other users their own. For those
 * users every other id is forbidden, whether it exists or not, so that ids cannot be probed.
 *
 * @param text the batch's number as given in the path.
 * @throws Problem `forbidden`, `not_found`.
 */
export async function readOwn(caller: Caller, text: string): Promise<Batch> {
  const isNumber = /^[1-9]\d{0,15}$/.test(text);
  const batch = isNumber ? await adminEngine().read(batchIdOf(caller.tenantId, Number(text))) : undefined;
  if (!isAdmin(caller) && batch?.user !== caller.userId)
    throw new Problem('forbidden', 'Admin permissions required');
  if (!batch)
    throw new Problem(
      'not_found',
      isNumber ? `Batch operation ${text} not found` : 'Batch operation not found',
    );
  return batch;
}

export const estimatedSeconds = (operations: number): number =>
  Math.max(1, Math.floor(operations * secondsPerOperation));

/** RFC 3339 to the second, the format of this API's times. */
const toSecond = (at: string): string => `${at.slice(0, 19)}Z`;
const toSecondOrNull = (at: string | undefined): string | null => (at ? toSecond(at) : null);

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function progressOf({ status, total, succeeded, failed, canceled }: Batch) {
  const processed = succeeded + failed;
  return {
    total,
    completed: succeeded,
    failed,
    ...(status === 'canceled' ? { canceled } : {}),
    percentage: rounded((processed / total) * 100, 1),
    success_rate: processed === 0 ? 0 : rounded((succeeded / processed) * 100, 2),
  };
}

const secondsBetween = (from: string | undefined, to: number): number | null =>
  from === undefined ? null : rounded(Math.max(0, to - Date.parse(from)) / 1_000, 1);

/** The time at which a batch will end at its average pace so far. */
function estimatedEnd({ startedAt, total, remaining }: Batch, now: number): string | null {
  const processed = total - remaining;
  if (startedAt === undefined || processed === 0) return null;
  const began = Date.parse(startedAt);
  return toSecond(new Date(began + ((now - began) / processed) * total).toISOString());
}

/** The reply for a batch without its results. `now` is in milliseconds since the epoch. */
export const adminBatchToReply = (batch: Batch, language: Language, now: number) => ({
  batch_id: batchNumberOf(batch),
  operation_type: operationWords[batch.kind as AdminOperationType][language],
  status: batch.status,
  status_display: batchStatusWords[batch.status][language],
  progress: progressOf(batch),
  created_at: toSecond(batch.createdAt),
  started_at: toSecondOrNull(batch.startedAt),
  completed_at: toSecondOrNull(batch.endedAt),
  duration_seconds: secondsBetween(batch.startedAt, batch.endedAt ? Date.parse(batch.endedAt) : now),
  ...(hasEnded(batch) ? {} : { estimated_completion: estimatedEnd(batch, now) }),
});

/**
 * The results of the operations that succeeded and the errors of those that failed, by their places in the
 * request.
 */
export function adminEntriesToReply(entries: Entry[]) {
  const results: Record<string, AdminDone> = {};
  const errors: Record<string, AdminFailure> = {};
  for (const { place, outcome } of entries) {
    if (outcome && 'result' in outcome) results[place] = outcome.result as AdminDone;
    if (outcome && 'error' in outcome) errors[place] = outcome.error as AdminFailure;
  }
  return { results, errors };
}
