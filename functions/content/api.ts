import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { pageLimit, wholeNumber } from '../../core/contract/query.ts';
import { contentOperationTypes } from './batch/operation.ts';
import { contentBatchStatuses } from './batch/view.ts';
import { Content, ContentId, Creator, NewContent, Price, RemovalReason, Updates } from './content.ts';
import { contentErrors } from './errors.ts';

/** Contents of one request; as new content they are one transaction, which takes 100 actions. */
const itemsMax = 100;

const shared = { errors: contentErrors } as const;

const noIdsMessage = 'contentIds must be a non-empty array';

const target = {
  creator: Creator,
  contentIds: z
    .array(ContentId, { error: noIdsMessage })
    .min(1, { error: noIdsMessage })
    .max(itemsMax, { error: `Batch size limited to ${itemsMax} items` }),
};

const count = z.int().nonnegative();

/** The answer to a request that opened a batch. */
const acceptedAnswer = {
  status: 202,
  reply: z.object({
    message: z.string(),
    batchId: z.string(),
    status: z.enum(contentBatchStatuses),
    totalItems: count,
  }),
} as const;

/**
 * One call may cause a hundred transactions on the chain, so calls are limited, far above what a creator does
 * by hand.
 */
const writing = {
  ...shared,
  method: 'POST',
  roles: ['user', 'manager', 'admin', 'super_admin'],
  limit: { calls: 100, seconds: 60, per: 'user' },
} as const;

const batch = {
  ...writing,
  ...acceptedAnswer,
  uses: { operations: 'write', contentBatches: 'send' },
} as const;

const reading = { ...shared, method: 'GET', roles: 'anyone' } as const;

const summary = {
  _id: z.string(),
  creator: z.string(),
  operationType: z.enum(contentOperationTypes),
  status: z
    .enum(contentBatchStatuses)
    .describe(
      'completed: all items were processed, some may have failed. failed: the batch ended before that.',
    ),
  totalItems: count,
  successCount: count,
  failureCount: count,
  removalReason: z.string().optional().describe('Only for the creator.'),
  createdAt: z.string(),
  updatedAt: z.string(),
};

const confirming = z
  .object({ contentId: z.string(), txId: z.string() })
  .describe('A transaction that was in a block, and that the chain has not confirmed often enough.');

const result = z.object({
  contentId: z.string(),
  success: z.boolean(),
  message: z.string().optional(),
  error: z.string().optional().describe('Only for the creator.'),
  reason: z.string().optional().describe('The reason that the chain or its node gave. Only for the creator.'),
  txId: z.string().optional().describe('The id of the transaction on the chain.'),
});

const batchId = z.object({ batchId: z.string() });

/**
 * Creators' content: registration, and batches that change it, item by item. Prices are confirmed by the
 * Stacks chain.
 */
export const content = {
  batchUpdatePrice: {
    ...batch,
    path: '/api/batches/batch-update-price',
    summary: 'Set the price of several contents on the chain',
    description:
      'Prices are in micro-STX. Each item is a transaction of its own. It succeeds when the chain has confirmed it; readers see the old price until then.',
    body: z.strictObject({ ...target, newPrice: Price }),
  },
  batchRemove: {
    ...batch,
    path: '/api/batches/batch-remove',
    summary: 'Remove several contents',
    description: 'Removed content is kept and marked as removed. The reason is shown to its creator only.',
    body: z.strictObject({ ...target, removalReason: RemovalReason.optional() }),
  },
  batchUpdateMetadata: {
    ...batch,
    path: '/api/batches/batch-update-metadata',
    summary: 'Set the same fields of several contents',
    body: z.strictObject({ ...target, updates: Updates }),
  },
  getBatch: {
    ...reading,
    path: '/api/batches/{batchId}',
    uses: { operations: 'read', content: 'read' },
    summary: 'Read a batch with the outcome of each item',
    description:
      '`results` has the items that were processed so far, in the order of the request. The reason of a failure is shown to the creator only. A batch of prices stays in `processing` until its items are settled for good; those that are in a block meanwhile are told in `confirming`.',
    params: batchId,
    reply: z.object({ ...summary, results: z.array(result), confirming: z.array(confirming).optional() }),
  },
  listBatches: {
    ...reading,
    path: '/api/batches/creator/{creator}',
    uses: { operations: 'read' },
    summary: 'List the batches of a creator, newest first',
    params: z.object({ creator: Creator }),
    query: z.object({
      limit: pageLimit(500, 50, 'limit must be a whole number from 1 up'),
      skip: wholeNumber('skip must be a whole number of at most nine digits'),
    }),
    reply: z.object({
      creator: z.string(),
      batches: z.array(z.object(summary)),
      total: count,
      limit: count,
      skip: count,
      page: count,
      totalPages: count,
    }),
  },
  retry: {
    ...batch,
    path: '/api/batches/{batchId}/retry',
    summary: 'Retry the failed items of a batch, as a new batch',
    description:
      'The batch must have ended. Items that were never processed count as failed. A batch is retried once: another call answers with the first one’s batch, which can be retried itself.',
    params: batchId,
  },
  register: {
    ...writing,
    path: '/api/content',
    uses: { content: 'write' },
    summary: 'Register several contents, all or nothing',
    description:
      'Content has no price until one is set on the chain. An id can be registered once among all tenants, since it is the key on the chain.',
    body: z.strictObject({
      creator: Creator,
      items: z
        .array(NewContent, { error: 'items must be a non-empty array' })
        .min(1, { error: 'items must be a non-empty array' })
        .max(itemsMax, { error: `Batch size limited to ${itemsMax} items` })
        .refine((items) => new Set(items.map(({ contentId }) => contentId)).size === items.length, {
          error: 'contentIds must be different from each other',
        }),
    }),
    status: 201,
    reply: z.object({ message: z.string(), totalItems: count, items: z.array(Content) }),
  },
  getContent: {
    ...reading,
    path: '/api/content/{contentId}',
    uses: { content: 'read' },
    summary: 'Read one piece of content',
    params: z.object({ contentId: z.string() }),
    reply: Content,
  },
} satisfies Record<string, Endpoint>;
