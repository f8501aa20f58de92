import { type Engine, openEngine } from '../../../core/batch/engine.ts';
import type { Entry } from '../../../core/batch/read.ts';
import { type Batch, hasEnded } from '../../../core/batch/record.ts';
import { systemClock } from '../../../core/clock.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { Problem } from '../../../core/http/problem.ts';
import { log } from '../../../core/log.ts';
import { send } from '../../../core/queue.ts';
import { publish } from '../../../core/topic.ts';
import { publishOnce } from '../../../core/webhook/publish-once.ts';
import { batchStatusWords, type Language, operationWords } from '../records/display.ts';
import { store } from '../records/store.ts';
import { type Done, type Failure, kindOf, type OperationType, operationTypes } from './operation.ts';

/** Seconds after which it makes sense to look at a batch again. */
export const LOOK_AGAIN = '2';

/** How long one operation takes at most, in seconds, for an estimate before anything is known. */
const SECONDS_EACH = 0.1;

let engine: Engine | undefined;

/** The batches of every tenant's administrators. Made on first use. */
export function adminEngine(): Engine {
  engine ??= openEngine({
    name: 'admin',
    kinds: Object.fromEntries(operationTypes.map((type) => [type, kindOf(type)])) as never,
    send: (tenant, message) => send('adminBatches', tenant, message),
    announce,
  });
  return engine;
}

/** Tells the tenant's webhooks (once) and the topic's subscribers (at least once) that a batch has ended, if its owner wanted that. */
async function announce(batch: Batch): Promise<void> {
  const { kind, status, total, succeeded, failed, canceled } = batch;
  log('info', 'admin batch ended', { batch: batch.id, kind, status, total, succeeded, failed, canceled });
  if (batch.details.notify !== true) return;
  const told = { batch_id: numberOf(batch), operation_type: kind, status };
  const counts = { total, completed: succeeded, failed, canceled };
  const event = { event: 'batch.completed' as const, data: { ...told, ...counts } };
  await publishOnce(batch.id, { tenant: batch.tenant, organization: null }, event, systemClock.now());
  await publish('batchNotices', `Batch ${told.batch_id} ${status}`, {
    event: `batch.${status}`,
    ...{ tenant_id: batch.tenant, ...told, ...counts, completed_at: toSecond(batch.endedAt) },
  });
}

/** Batches are numbered by tenant; the engine knows all tenants' in one. A number has no `@`, so no two tenants can meet. */
export const idOf = (tenant: string, number: number): string => `${number}@${tenant}`;
export const numberOf = ({ id }: Pick<Batch, 'id'>): number => Number(id.slice(0, id.indexOf('@')));

/** The list of a user's batches. */
export const listOf = ({ tenantId, userId }: Caller): string => JSON.stringify([tenantId, userId]);

/** The tenant's next number. Never given twice; one may be left out where opening failed. */
export async function nextNumber(tenant: string): Promise<number> {
  const { item } = await store().update({
    TableName: tableName('admin'),
    Key: { pk: `batches#${tenant}`, sk: 'NUMBER' },
    UpdateExpression: 'ADD n :one',
    ExpressionAttributeValues: { ':one': 1 },
    ReturnValues: 'UPDATED_NEW',
  });
  return Number(item?.n);
}

const isAdmin = ({ role }: Caller): boolean => role === 'admin' || role === 'super_admin';

/**
 * A batch that the caller may see: an administrator all of the tenant's, anybody else their own. To them all others are forbidden,
 * whether there are such or not.
 *
 * @param text the id as it stands in the path.
 * @throws Problem `forbidden`, `not_found`.
 */
export async function readOwn(caller: Caller, text: string): Promise<Batch> {
  const isNumber = /^[1-9]\d{0,15}$/.test(text);
  const batch = isNumber ? await adminEngine().read(idOf(caller.tenantId, Number(text))) : undefined;
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
  Math.max(1, Math.floor(operations * SECONDS_EACH));

/** RFC 3339 to the second, as this API has its times. */
const toSecond = (at: string | undefined): string | null => (at ? `${at.slice(0, 19)}Z` : null);

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** How far a batch is. */
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

/** When a batch will have ended if it goes on as it did so far. */
function estimatedEnd({ startedAt, total, remaining }: Batch, now: number): string | null {
  const processed = total - remaining;
  if (startedAt === undefined || processed === 0) return null;
  const began = Date.parse(startedAt);
  return toSecond(new Date(began + ((now - began) / processed) * total).toISOString());
}

/** A batch without its results. `now` is in milliseconds since the epoch. */
export const summaryOf = (batch: Batch, language: Language, now: number) => ({
  batch_id: numberOf(batch),
  operation_type: operationWords[batch.kind as OperationType][language],
  status: batch.status,
  status_display: batchStatusWords[batch.status][language],
  progress: progressOf(batch),
  created_at: String(toSecond(batch.createdAt)),
  started_at: toSecond(batch.startedAt),
  completed_at: toSecond(batch.endedAt),
  duration_seconds: secondsBetween(batch.startedAt, batch.endedAt ? Date.parse(batch.endedAt) : now),
  ...(hasEnded(batch) ? {} : { estimated_completion: estimatedEnd(batch, now) }),
});

/** What became of the operations that were done, and why the others were not, by their places in the request. */
export function resultsOf(entries: Entry[]) {
  const results: Record<string, Done> = {};
  const errors: Record<string, Failure> = {};
  for (const { place, outcome } of entries) {
    if (outcome && 'result' in outcome) results[place] = outcome.result as Done;
    if (outcome && 'error' in outcome) errors[place] = outcome.error as Failure;
  }
  return { results, errors };
}
