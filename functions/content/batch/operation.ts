import type { Batch } from '../../../core/batch/record.ts';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import type { ContentRecord } from '../content.ts';

/** What a batch does to each of its contents. */
export const operationTypes = ['update-price', 'remove-content', 'update-metadata'] as const;
export type OperationType = (typeof operationTypes)[number];

/** One content of a batch. */
export interface Target {
  contentId: string;
}

export interface Done {
  message: string;
  /** The transaction on the chain. */
  txId?: string;
}

export interface Failure {
  error: string;
  /** What the chain or its node said. */
  reason?: string;
  txId?: string;
}

/** Where a piece of content is stored. Ids are the chain's keys, so they are the same for every tenant. */
export const contentKey = (contentId: string): Key => ({ pk: `CONTENT#${contentId}`, sk: 'CONTENT' });

export const asContent = (item: Item) => item as unknown as ContentRecord & Key;

/** Another's content is told from none by nobody. */
export const NOT_OWNED: Failure = { error: 'Content not found or not owned by creator' };
export const REMOVED: Failure = { error: 'Content has been removed' };
export const STUCK: Failure = { error: 'Content was changed by others at the same time' };

/** The content if it belongs to whoever opened the batch. */
export function owned(item: Item | undefined, batch: Batch): ContentRecord | undefined {
  if (!item) return undefined;
  const content = asContent(item);
  return content.tenantId === batch.tenant && content.creator === batch.details.creator ? content : undefined;
}
