import type { Item, Key } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant } from '../invariant.ts';
import { areTexts, isCount } from './attributes.ts';

/**
 * State of a batch. It only moves forward: `pending`, `processing`, and then one of the others. `completed`:
 * every operation was processed, some may have failed. `failed`: none succeeded. `partial`: ended before all
 * were processed. `canceled`: by its owner. Only a batch that ended early (`partial`, or `failed` with
 * operations remaining) changes once more, when its dead letters are redriven.
 */
export type Status = 'pending' | 'processing' | 'completed' | 'failed' | 'partial' | 'canceled';

/**
 * A batch as systems see it. succeeded + failed + inFlight + remaining + canceled = total, at every instant.
 * Times are RFC 3339.
 */
export interface Batch {
  id: string;
  kind: string;
  tenant: string;
  /** The user who requested the batch. */
  user: string;
  status: Status;
  total: number;
  succeeded: number;
  failed: number;
  /** Operations that are claimed for a side effect and not settled. */
  inFlight: number;
  /** Operations that are not processed yet. */
  remaining: number;
  /** Operations that will never be processed, because the batch was cancelled. */
  canceled: number;
  createdAt: string;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  /** Time of the last change. */
  progressAt: string;
  /** The system's own data of the batch. */
  details: Record<string, unknown>;
}

/** The batch's own item. All its counters are in one item, so that one read shows one instant. */
export interface BatchRecord extends Batch, Key {
  chunks: number;
  /** Chunks that are neither closed nor given up. */
  openChunks: number;
  /** Chunks that were given up. */
  deadChunks: number;
  /** Messages that the sweep has sent again since the last progress. */
  resends: number;
  /** Sort key of its entry among the open batches: the order in which a tenant's batches are processed. */
  order: string;
  /** Id of the request that opened it. */
  opener: string;
  /** Id of the request that cancelled it. */
  canceledBy?: string;
  /** Time at which its end was reported. */
  announcedAt?: string;
}

/** Entry of a batch that has not ended, or whose end was not reported. */
export interface OpenEntry extends Key {
  id: string;
  tenant: string;
}

const hasEndedByStatus: Record<Status, boolean> = {
  pending: false,
  processing: false,
  completed: true,
  failed: true,
  partial: true,
  canceled: true,
};

export const hasEnded = ({ status }: Pick<Batch, 'status'>): boolean => hasEndedByStatus[status];

/** True if a batch has ended and has no claims left: those of a cancelled batch are still to be settled. */
export const isOver = (batch: Pick<Batch, 'status' | 'inFlight'>): boolean =>
  hasEnded(batch) && batch.inFlight === 0;

/**
 * True if chunks of a batch may still be applied: also after an early end, when a dead letter is redriven.
 */
export const takesWork = ({ status, remaining }: BatchRecord): boolean =>
  status === 'pending' || status === 'processing' || (status !== 'canceled' && remaining > 0);

const batchTexts = [
  ...['pk', 'sk', 'id', 'kind', 'tenant', 'user'],
  ...['createdAt', 'progressAt', 'order', 'opener'],
];
const optionalTexts = ['startedAt', 'endedAt', 'canceledBy', 'announcedAt'];
const counters = [
  ...['total', 'succeeded', 'failed', 'inFlight', 'remaining', 'canceled'],
  ...['chunks', 'openChunks', 'deadChunks', 'resends'],
];

const isBatch = (item: Item): item is Item & BatchRecord =>
  areTexts(item, batchTexts) &&
  optionalTexts.every((name) => item[name] === undefined || typeof item[name] === 'string') &&
  counters.every((name) => isCount(item[name])) &&
  String(item.status) in hasEndedByStatus &&
  typeof item.details === 'object' &&
  item.details !== null;

/**
 * Parses a batch's record.
 *
 * @throws BrokenInvariant for an item that this code cannot have written, or whose numbers do not add up.
 */
export function asBatch(item: Item): BatchRecord {
  assertVersion(item, 'batch');
  invariant(isBatch(item), 'a batch has its texts, counters and a known status');
  const { total, succeeded, failed, inFlight, remaining, canceled } = item;
  const counted = succeeded + failed + inFlight + remaining + canceled;
  invariant(counted === total, 'the numbers of a batch add up to its total');
  return item;
}

const isEntry = (item: Item): item is Item & OpenEntry => areTexts(item, ['pk', 'sk', 'id', 'tenant']);

/**
 * Parses the entry of an open batch.
 *
 * @throws BrokenInvariant for an item that this code cannot have written.
 */
export function asEntry(item: Item): OpenEntry {
  assertVersion(item, 'entry of an open batch');
  invariant(isEntry(item), 'an entry of an open batch has an id and a tenant');
  return item;
}

/** The part of a batch's record that systems see. */
export const batchOf = (record: BatchRecord): Batch => ({
  id: record.id,
  kind: record.kind,
  tenant: record.tenant,
  user: record.user,
  status: record.status,
  total: record.total,
  succeeded: record.succeeded,
  failed: record.failed,
  inFlight: record.inFlight,
  remaining: record.remaining,
  canceled: record.canceled,
  createdAt: record.createdAt,
  startedAt: record.startedAt,
  endedAt: record.endedAt,
  progressAt: record.progressAt,
  details: record.details,
});
