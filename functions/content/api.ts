import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { operationTypes } from './batch/operation.ts';
import { statuses } from './batch/view.ts';
import { Content, ContentId, Creator, NewContent, Price, RemovalReason, Updates } from './content.ts';
import { contentErrors } from './errors.ts';

/** The most contents of one request. */
const BATCH = 100;

const shared = { errors: contentErrors } as const;

const NO_IDS = 'contentIds must be a non-empty array';

const target = {
  creator: Creator,
  contentIds: z
    .array(ContentId, { error: NO_IDS })
    .min(1, { error: NO_IDS })
    .max(BATCH, { error: `Batch size limited to ${BATCH} items` }),
};

const count = z.int().nonnegative();

/** The answer to a batch that was accepted. */
const accepted = {
  status: 202,
  reply: z.object({
    message: z.string(),
    batchId: z.string(),
    status: z.enum(statuses),
    totalItems: count,
  }),
} as const;

/** Each call may be a hundred transactions on the chain; a creator who works by hand comes nowhere near. */
const writing = {
  ...shared,
  method: 'POST',
  roles: ['user', 'manager', 'admin', 'super_admin'],
  limit: { calls: 100, seconds: 60, per: 'user' },
} as const;

const batch = {
  ...writing,
  ...accepted,
  uses: { operations: 'write', contentBatches: 'send' },
} as const;

const reading = { ...shared, method: 'GET', roles: 'anyone' } as const;

const summary = {
  _id: z.string(),
  creator: z.string(),
  operationType: z.enum(operationTypes),
  status: z
    .enum(statuses)
    .describe('completed: all items were processed, some may have failed. failed: it ended before that.'),
  totalItems: count,
  successCount: count,
  failureCount: count,
  removalReason: z.string().optional().describe('Only for the creator.'),
  createdAt: z.string(),
  updatedAt: z.string(),
};

const result = z.object({
  contentId: z.string(),
  success: z.boolean(),
  message: z.string().optional(),
  error: z.string().optional().describe('Only for the creator.'),
  reason: z.string().optional().describe('What the chain or its node said. Only for the creator.'),
  txId: z.string().optional().describe('The transaction on the chain.'),
});

const batchId = z.object({ batchId: z.string() });

/** A number of the query: digits only, so that neither `1e3` nor an empty text passes as one. */
const number = (name: string, min: number, max: number, otherwise: number) => {
  const message = `${name} must be a whole number from ${min} to ${max}`;
  return z
    .string({ error: message })
    .regex(/^\d{1,9}$/, { error: message })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: message })
    .default(otherwise)
    .meta({ type: 'integer', minimum: min, maximum: max, default: otherwise });
};

/** Creators' content: batches that change it, each item by itself, with prices that the Stacks chain confirms. */
export const content = {
  batchUpdatePrice: {
    ...batch,
    path: '/api/batches/batch-update-price',
    summary: 'Set the price of several contents on the chain',
    description:
      'Prices are in micro-STX. Each item is a transaction of its own; it succeeds when the chain has confirmed it, and only then is it the price that others see.',
    body: z.strictObject({ ...target, newPrice: Price }),
  },
  batchRemove: {
    ...batch,
    path: '/api/batches/batch-remove',
    summary: 'Remove several contents',
    description: 'They are kept, marked as removed. The reason is shown to their creator only.',
    body: z.strictObject({ ...target, removalReason: RemovalReason.optional() }),
  },
  batchUpdateMetadata: {
    ...batch,
    path: '/api/batches/batch-update-metadata',
    summary: 'Change the same fields of several contents',
    body: z.strictObject({ ...target, updates: Updates }),
  },
  getBatch: {
    ...reading,
    path: '/api/batches/{batchId}',
    uses: { operations: 'read' },
    summary: 'Read one batch with how each of its items ended',
    description:
      '`results` has the items that were processed so far, in the order of the request. Why an item failed is told to the creator only.',
    params: batchId,
    reply: z.object({ ...summary, results: z.array(result) }),
  },
  listBatches: {
    ...reading,
    path: '/api/batches/creator/{creator}',
    uses: { operations: 'read' },
    summary: 'List the batches of a creator, newest first',
    params: z.object({ creator: Creator }),
    query: z.object({ limit: number('limit', 1, 500, 50), skip: number('skip', 0, 999_999_999, 0) }),
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
    summary: 'Try the failed items of a batch again, as a new batch',
    description: 'Of a batch that has ended. Items that were never processed count as failed.',
    params: batchId,
  },
  register: {
    ...writing,
    path: '/api/content',
    uses: { content: 'write' },
    summary: 'Register content, all of it or none',
    description:
      'Content has no price until one was set on the chain. An id can be registered once, whoever does it: it is the chain’s key.',
    body: z.strictObject({
      creator: Creator,
      items: z
        .array(NewContent, { error: 'items must be a non-empty array' })
        .min(1, { error: 'items must be a non-empty array' })
        .max(BATCH, { error: `Batch size limited to ${BATCH} items` })
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
