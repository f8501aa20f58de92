import * as z from 'zod';
import type { Batch } from '../../../core/batch/record.ts';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import { ContentRecord } from '../content.ts';

/** The kinds of content batches, by the API's names. */
export const contentOperationTypes = ['update-price', 'remove-content', 'update-metadata'] as const;
export type ContentOperationType = (typeof contentOperationTypes)[number];

/** The details stored with a batch: its creator, and the change, which is the same for all contents. */
const ContentBatchDetails = z.object({
  creator: z.string(),
  newPrice: z.int().optional(),
  removalReason: z.string().optional(),
  updates: z.record(z.string(), z.unknown()).optional(),
});
export type ContentBatchDetails = z.output<typeof ContentBatchDetails>;

export const detailsOf = ({ details }: Pick<Batch, 'details'>): ContentBatchDetails =>
  ContentBatchDetails.parse(details);

export const operationTypeOf = ({ kind }: Pick<Batch, 'kind'>): ContentOperationType =>
  z.enum(contentOperationTypes).parse(kind);

/** The data of one operation: the content that it changes. */
export interface ContentTarget {
  contentId: string;
}

export interface ContentDone {
  message: string;
  /** The transaction on the chain. */
  txId?: string;
}

export interface ContentFailure {
  error: string;
  /** The reason that the chain or its node gave. */
  reason?: string;
  txId?: string;
}

/** The key of a content's item. Ids are the chain's keys, so they are the same for all tenants. */
export const contentKey = (contentId: string): Key => ({ pk: `CONTENT#${contentId}`, sk: 'CONTENT' });

/** Same error for 'not found' and 'not yours', so that ids cannot be probed. */
export const notOwned: ContentFailure = { error: 'Content not found or not owned by creator' };
export const alreadyRemoved: ContentFailure = { error: 'Content has been removed' };
export const changedByOthers: ContentFailure = { error: 'Content was changed by others at the same time' };

/** The content if it belongs to the tenant and the creator of the batch. */
export function ownedContent(item: Item | undefined, batch: Batch): ContentRecord | undefined {
  if (!item) return undefined;
  const content = ContentRecord.parse(item);
  return content.tenantId === batch.tenant && content.creator === batch.details.creator ? content : undefined;
}
