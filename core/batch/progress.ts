import type { Action } from '../dynamo/store.ts';
import type { BatchRecord, Status } from './record.ts';

/** What one transaction does to the numbers of a batch. */
export interface Progress {
  /** Operations that are looked at for the first time, by how they ended, and those that were claimed before, now settled. */
  succeeded: number;
  failed: number;
  /** Newly claimed less newly settled. */
  inFlight: number;
  /** What becomes of the chunk: it closes, stays open, opens again after it was given up, or is given up. */
  chunk: 'closes' | 'stays' | 'revives' | 'dies' | 'revives and closes';
  /** When the work began, for a batch on which it is the first; RFC 3339. */
  began: string;
  now: string;
}

const chunkChange = {
  closes: { open: -1, dead: 0 },
  stays: { open: 0, dead: 0 },
  revives: { open: 1, dead: -1 },
  dies: { open: -1, dead: 1 },
  'revives and closes': { open: 0, dead: -1 },
} as const;

/** The state of a batch when no chunk is open. */
const endOf = (succeeded: number, dead: number): Status =>
  succeeded === 0 ? 'failed' : dead > 0 ? 'partial' : 'completed';

/**
 * The update of a batch's record that goes with a transaction's other writes. Its condition fails if the batch was cancelled
 * meanwhile, or if it turned out to end (or not to end) with this very transaction: then it is to be read again.
 *
 * Only the end depends on what others did, so only there the condition is on exact numbers; before it chunks do not disturb each other.
 *
 * @returns also the record as the update makes it: exact if the batch ends, else without what others do meanwhile.
 */
export function progressUpdate(
  table: string,
  record: BatchRecord,
  progress: Progress,
): { action: Action; after: BatchRecord } {
  const { succeeded, failed, inFlight } = progress;
  const { open, dead } = chunkChange[progress.chunk];
  const ends = record.status !== 'canceled' && record.openChunks + open === 0 && progress.chunk !== 'stays';
  const looked = succeeded + failed + inFlight;
  // Whether another chunk was the first does not matter on the way, so both states will do.
  const started = !ends && (record.status === 'pending' || record.status === 'processing');
  const status = ends
    ? endOf(record.succeeded + succeeded, record.deadChunks + dead)
    : onTheWay(record, succeeded);
  // Only what changes is written: this update is part of every chunk.
  const changes = { succeeded, failed, inFlight, remaining: -looked, openChunks: open, deadChunks: dead };
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
    remaining: record.remaining - looked,
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

/** The state of a batch that has not come to its end by this transaction. */
function onTheWay({ status, succeeded }: BatchRecord, more: number): Status {
  if (status === 'pending' || status === 'processing') return 'processing';
  // Dead letters of a batch that ended are being redriven: never back to processing, so that whoever polls sees an end stay an end.
  if (status === 'failed' && succeeded + more > 0) return 'partial';
  return status;
}
