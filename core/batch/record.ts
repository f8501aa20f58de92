import type { Item, Key } from '../dynamo/store.ts';

/**
 * Where a batch stands. It moves only forward: pending, processing, and then one of the others. `completed`: every operation was
 * processed, some may have failed. `failed`: none succeeded. `partial`: ended before all were processed. `canceled`: by its owner.
 * Only what ended early (`partial`, or `failed` with operations left) moves once more, when its dead letters are redriven.
 */
export type Status = 'pending' | 'processing' | 'completed' | 'failed' | 'partial' | 'canceled';

/** A batch as systems see it. succeeded + failed + inFlight + remaining + canceled = total, at every instant. */
export interface Batch {
  id: string;
  kind: string;
  tenant: string;
  /** The user who asked for it. */
  user: string;
  status: Status;
  total: number;
  succeeded: number;
  failed: number;
  /** Claimed for an effect outside that is not settled yet. */
  inFlight: number;
  /** Not looked at yet. */
  remaining: number;
  /** Never to be done, since the batch was cancelled. */
  canceled: number;
  /** RFC 3339. */
  createdAt: string;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  /** When something last happened to it. */
  progressAt: string;
  /** What the system keeps with the batch. */
  details: Record<string, unknown>;
}

/** The batch's own item: everything that is counted about it, in one place, so that one read sees one instant. */
export interface BatchRecord extends Batch, Key {
  chunks: number;
  /** Chunks that are neither done nor given up. */
  openChunks: number;
  /** Chunks that were given up. */
  deadChunks: number;
  /** How often the sweep sent a chunk again since something last happened. */
  resends: number;
  /** Its key among those that have not ended: the order in which a tenant's batches are worked off. */
  order: string;
  /** The request that opened it. */
  opener: string;
  /** The request that cancelled it. */
  canceledBy?: string;
  /** When its end was announced. */
  announcedAt?: string;
}

/** A batch that has not ended, or whose end was not announced. */
export interface OpenEntry extends Key {
  id: string;
  tenant: string;
}

const HAS_ENDED: Record<Status, boolean> = {
  pending: false,
  processing: false,
  completed: true,
  failed: true,
  partial: true,
  canceled: true,
};

export const hasEnded = ({ status }: Pick<Batch, 'status'>): boolean => HAS_ENDED[status];

/** Whether nothing of a batch will change any more: a cancelled one may still wait for effects that could not be called back. */
export const isOver = (batch: Pick<Batch, 'status' | 'inFlight'>): boolean =>
  hasEnded(batch) && batch.inFlight === 0;

/** Whether chunks of a batch may still be worked on: also of one that ended early, when a dead letter is redriven. */
export const takesWork = ({ status, remaining }: BatchRecord): boolean =>
  status === 'pending' || status === 'processing' || (status !== 'canceled' && remaining > 0);

/** Items are only ever written by this engine, so their shape is known. */
export const asBatch = (item: Item) => item as unknown as BatchRecord;
export const asEntry = (item: Item) => item as unknown as OpenEntry;

/** What systems see of a batch's item. */
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
