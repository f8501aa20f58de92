import type { Action } from '../dynamo/store.ts';
import type { BatchRecord, Status } from './record.ts';

/** Change of a batch's numbers by one transaction. */
export interface Progress {
  /**
   * Operations that succeed in this transaction: processed for the first time, or claimed before and now
   * settled.
   */
  succeeded: number;
  /** Operations that fail in this transaction, likewise. */
  failed: number;
  /** Newly claimed operations less newly settled ones. */
  inFlight: number;
  /**
   * The chunk closes, stays as it is, opens again after it was given up (`revives`), or is given up (`dies`).
   */
  chunk: 'closes' | 'stays' | 'revives' | 'dies' | 'revives and closes';
  /** Begin of this work, which is the batch's start if it is the first; RFC 3339. */
  began: string;
  /** RFC 3339. */
  now: string;
}

const chunkChange = {
  closes: { open: -1, dead: 0 },
  stays: { open: 0, dead: 0 },
  revives: { open: 1, dead: -1 },
  dies: { open: -1, dead: 1 },
  'revives and closes': { open: 0, dead: -1 },
} as const;

/** Status of a batch without open chunks. */
const endStatus = (succeeded: number, dead: number): Status =>
  succeeded === 0 ? 'failed' : dead > 0 ? 'partial' : 'completed';

/**
 * Update of a batch's record, as a part of the transaction that processes or settles operations. Its
 * condition fails if the batch was cancelled meanwhile, or if concurrent transactions changed whether the
 * batch ends with this one; then the batch is to be read again.
 *
 * Only the end depends on other transactions, so only there the condition is on exact numbers. Before the
 * end, chunks do not conflict with each other.
 *
 * @returns also the record after the update: exact if the batch ends, else without concurrent changes.
 */
export function progressUpdate(
  table: string,
  record: BatchRecord,
  progress: Progress,
): { action: Action; after: BatchRecord } {
  const { succeeded, failed, inFlight } = progress;
  const { open, dead } = chunkChange[progress.chunk];
  const ends = record.status !== 'canceled' && record.openChunks + open === 0 && progress.chunk !== 'stays';
  const processed = succeeded + failed + inFlight;
  // Before the end it does not matter whether another chunk was the first, so both states are accepted.
  const started = !ends && (record.status === 'pending' || record.status === 'processing');
  const status = ends
    ? endStatus(record.succeeded + succeeded, record.deadChunks + dead)
    : statusOnTheWay(record, succeeded);
  // Only changes are written, because this update is a part of every chunk's transaction.
  const changes = { succeeded, failed, inFlight, remaining: -processed, openChunks: open, deadChunks: dead };
  const changed = Object.entries(changes).filter(([, by]) => by !== 0);
  const sets = [
    '#status = :status',
    'progressAt = :now',
    ...changed.map(([name]) => `${name} = ${name} + :${name}`),
    ...(record.startedAt ? [] : ['startedAt = if_not_exists(startedAt, :began)']),
    ...(record.resends === 0 ? [] : ['resends = :zero']),
    ...(ends ? ['endedAt = :now'] : []),
  ];
  const conditions = ends
    ? ['#status = :was', 'openChunks = :openWas', 'deadChunks = :deadWas', 'succeeded = :succeededWas']
    : [started ? '#status IN (:pending, :processing)' : '#status = :was', 'openChunks > :closing'];
  const after: BatchRecord = {
    ...record,
    status,
    succeeded: record.succeeded + succeeded,
    failed: record.failed + failed,
    inFlight: record.inFlight + inFlight,
    remaining: record.remaining - processed,
    openChunks: record.openChunks + open,
    deadChunks: record.deadChunks + dead,
    resends: 0,
    startedAt: record.startedAt ?? progress.began,
    progressAt: progress.now,
    ...(ends ? { endedAt: progress.now } : {}),
  };
  const action: Action = {
    Update: {
      TableName: table,
      Key: { pk: record.pk, sk: record.sk },
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':status': status,
        ...(started ? { ':pending': 'pending', ':processing': 'processing' } : { ':was': record.status }),
        ...Object.fromEntries(changed.map(([name, by]) => [`:${name}`, by])),
        ...(record.startedAt ? {} : { ':began': progress.began }),
        ...(record.resends === 0 ? {} : { ':zero': 0 }),
        ':now': progress.now,
        ...(ends
          ? {
              ':openWas': record.openChunks,
              ':deadWas': record.deadChunks,
              ':succeededWas': record.succeeded,
            }
          : {
              // A chunk that opens again may be the only one that is open.
              ':closing': -Math.min(open, 0) - (open > 0 || record.status === 'canceled' ? 1 : 0),
            }),
      },
    },
  };
  return { action, after };
}

/** Status of a batch that does not end by this transaction. */
function statusOnTheWay({ status, succeeded }: BatchRecord, more: number): Status {
  if (status === 'pending' || status === 'processing') return 'processing';
  // Dead letters of an ended batch are being redriven. It never returns to processing, so that a client that
  // polls for the end can rely on it.
  if (status === 'failed' && succeeded + more > 0) return 'partial';
  return status;
}
