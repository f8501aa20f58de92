import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { oneBeginning, pageLimit, type QueryRule, truth, wholeNumber } from '../../core/contract/query.ts';
import { FileReport } from '../../core/files/report.ts';
import { roles } from '../../core/http/caller.ts';
import { placeOf } from '../../core/http/cursor.ts';
import { batchEndUses } from './batch/ending.ts';
import { Submission } from './batch/operation.ts';
import { adminOperationTypes } from './batch/operation-types.ts';
import { adminErrors } from './errors.ts';
import { categories, orderStatuses } from './records/codes.ts';
import { day, ids } from './records/fields.ts';
import { Order, OrderChange } from './records/order.ts';
import { approvalFields, decides, decidesNothing } from './records/professional.ts';
import { Service, ServiceChange } from './records/service.ts';
import { User, userTypes } from './records/user.ts';

const base = '/api/v1/admin';
const hourSeconds = 3_600;

const shared = { errors: adminErrors, roles: ['admin', 'super_admin'] } as const;

const count = z.int().nonnegative();

const bulk = {
  ...shared,
  method: 'POST',
  limit: { calls: 100, seconds: hourSeconds, per: 'user' },
  uses: { admin: 'write' },
} as const;

const bulkReplyOf = (item: z.ZodRawShape) =>
  z.object({
    success: z.boolean().describe('True if no item failed.'),
    updated_count: count,
    failed_count: count,
    total_count: count,
    results: z
      .array(z.object({ ...item, success: z.boolean(), error: z.string().optional() }))
      .describe('One result for each id of the request, in its order.'),
  });

const exporting = {
  ...shared,
  method: 'GET',
  limit: { calls: 20, seconds: hourSeconds, per: 'user' },
  uses: { admin: 'read' },
  streamed: true,
  // An export parses and writes up to 10,000 records; Lambda's CPU comes with memory: 1,769 MB are one vCPU.
  memoryMb: 1_769,
  description:
    'Records are in the order of creation. As CSV (RFC 4180) the totals are in `X-Total-Count`, `X-Offset` and `X-Limit`, and texts that a spreadsheet would take for formulas are escaped with an apostrophe. The answer is streamed, whatever its size. Display texts are Portuguese, or English with `Accept-Language: en`. For the next page use `next_cursor`, which costs the same at any depth, or `next_offset`.',
} as const;

const notACursor = { error: 'must be the next_cursor of an earlier answer' };

const cursor = z
  .string(notACursor)
  .max(200, notACursor)
  .transform(
    (text) => z.tuple([z.string().regex(/^[\d:TZ-]{20}#\d{16}$/)]).safeParse(placeOf(text)).data?.[0],
  )
  .refine((place) => place !== undefined, notACursor)
  .optional()
  .meta({ type: 'string', description: 'The `next_cursor` of the page before.' });

const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const limit = (max: number, otherwise: number) =>
  pageLimit(max, otherwise, 'must be a whole number from 1 up');
const offset = wholeNumber('must be a whole number of at most nine digits');

/** Records of one export. */
const exportRecordsMax = 10_000;
const batchesPerPageMax = 100;

const pageQuery = {
  format: oneOf(['json', 'csv']).default('json'),
  limit: limit(exportRecordsMax, 1_000),
  offset,
  cursor,
  bom: truth('must be true or false')
    .default(false)
    .describe(
      'A CSV begins with a byte order mark, by which Excel knows UTF-8. Refused for JSON, which has none.',
    ),
};

const bomOfCsv: QueryRule<{ format: 'json' | 'csv'; bom: boolean }> = [
  ({ format, bom }) => format === 'csv' || !bom,
  { error: 'is for a CSV alone: add format=csv', path: ['bom'] },
];

const exportReply = (row: z.ZodType) =>
  z.object({
    count: count.describe('The number of records that match the filters.'),
    limit: count,
    offset: count,
    has_more: z.boolean(),
    next_offset: count.nullable(),
    results: z.array(row),
    next_cursor: z.string().nullable(),
  });

const importing = {
  ...shared,
  method: 'POST',
  uses: { admin: 'write' },
  textBody: 'text/csv',
  description:
    'The body is a list of up to 1,000 records as an export has them, or the CSV of an export, with commas, semicolons or tabs, also sent as `application/vnd.ms-excel` or `application/octet-stream`. Records with known ids are replaced, others are created. Fields that a CSV lacks are kept; case, blanks and punctuation of its titles do not matter. Times are kept to the second. All records are checked before the first is stored.',
  reply: z.object({
    success: z.boolean(),
    created_count: count,
    updated_count: count,
    unchanged_count: count,
    total_count: count,
    file: FileReport.optional().describe('Of a CSV.'),
  }),
} as const;

const importBody = z.union([z.array(z.unknown()), z.string()], { error: 'must be a list or a CSV' });

const submitting = {
  errors: adminErrors,
  limit: { calls: 50, seconds: hourSeconds, per: 'user', together: 'admin.async' },
} as const;

/**
 * A batch may be read and canceled by administrators and by the user who submitted it, whatever role that
 * user has now.
 */
const owning = { errors: adminErrors, roles, params: z.object({ batch_id: z.string() }) } as const;

const progress = z.object({
  total: count,
  completed: count,
  failed: count,
  canceled: count.optional().describe('Only of a canceled batch: its operations that will not be processed.'),
  percentage: z.number(),
  success_rate: z.number(),
});

const statuses = ['pending', 'processing', 'completed', 'failed', 'partial', 'canceled'] as const;

const summary = {
  batch_id: count,
  operation_type: z.string(),
  status: z
    .enum(statuses)
    .describe(
      'At its end a batch is `completed` (all operations were processed, some may have failed), `failed` (none succeeded), `partial` (it ended before all were processed) or `canceled`. Stop polling at any of the four.',
    ),
  status_display: z.string(),
  progress,
  created_at: z.string(),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  estimated_completion: z.string().nullable().optional(),
};

/**
 * Administration: bulk operations, exports and imports of orders, users and services, and asynchronous
 * batches.
 */
export const admin = {
  updateOrders: {
    ...bulk,
    path: `${base}/bulk/orders/update-status`,
    summary: 'Set the status of several orders',
    description:
      'Orders move from pending to confirmed, in_progress and completed, and from each of these but completed to cancelled; with `force` any change is allowed. Notes are appended on a new line.',
    body: z.strictObject({ order_ids: ids, ...OrderChange.shape }),
    reply: bulkReplyOf({
      order_id: count,
      status: z.enum(orderStatuses).optional(),
      customer: z.string().optional(),
    }),
  },
  approveProfessionals: {
    ...bulk,
    path: `${base}/bulk/professionals/approve`,
    summary: 'Verify or promote several professionals, or make them available',
    body: z.strictObject({ user_ids: ids, ...approvalFields }).refine(decides, decidesNothing),
    reply: bulkReplyOf({
      user_id: count,
      username: z.string().optional(),
      is_verified: z.boolean().optional(),
      is_premium: z.boolean().optional(),
      is_available: z.boolean().optional(),
    }),
  },
  updateServices: {
    ...bulk,
    path: `${base}/bulk/services/update`,
    summary: 'Activate or deactivate several services',
    body: z.strictObject({ service_ids: ids, ...ServiceChange.shape }),
    reply: bulkReplyOf({
      service_id: count,
      name: z.string().optional(),
      provider: z.string().optional(),
      is_active: z.boolean().optional(),
    }),
  },
  exportOrders: {
    ...exporting,
    path: `${base}/export/orders`,
    summary: 'Export orders as JSON or CSV',
    query: z
      .object({
        ...pageQuery,
        status: oneOf(orderStatuses).optional(),
        start_date: day.optional(),
        end_date: day.optional(),
      })
      .refine(...bomOfCsv)
      .refine(...oneBeginning)
      .refine(({ start_date: start, end_date: end }) => !start || !end || start <= end, {
        error: 'must not be before start_date',
        path: ['end_date'],
      }),
    reply: exportReply(Order),
  },
  exportUsers: {
    ...exporting,
    path: `${base}/export/users`,
    summary: 'Export users as JSON or CSV',
    query: z
      .object({
        ...pageQuery,
        user_type: oneOf(userTypes).optional(),
        is_active: truth('must be true or false').optional(),
        is_verified: truth('must be true or false').optional(),
      })
      .refine(...bomOfCsv)
      .refine(...oneBeginning),
    reply: exportReply(User),
  },
  exportServices: {
    ...exporting,
    path: `${base}/export/services`,
    summary: 'Export services as JSON or CSV',
    query: z
      .object({
        ...pageQuery,
        is_active: truth('must be true or false').optional(),
        category: oneOf(categories).optional(),
      })
      .refine(...bomOfCsv)
      .refine(...oneBeginning),
    reply: exportReply(Service),
  },
  importOrders: {
    ...importing,
    path: `${base}/import/orders`,
    summary: 'Create or replace orders by their ids',
    body: importBody,
  },
  importUsers: {
    ...importing,
    path: `${base}/import/users`,
    summary: 'Create or replace users by their ids',
    body: importBody,
  },
  importServices: {
    ...importing,
    path: `${base}/import/services`,
    summary: 'Create or replace services by their ids',
    body: importBody,
  },
  submit: {
    ...shared,
    ...submitting,
    method: 'POST',
    path: `${base}/async/submit`,
    summary: 'Submit a batch of up to 1,000 operations',
    description: `The types of operations are ${adminOperationTypes.join(', ')}. Each operation succeeds or fails by itself. Poll the batch at \`poll_url\` every few seconds.`,
    uses: { admin: 'write', operations: 'write', adminBatches: 'send' },
    body: Submission,
    status: 202,
    reply: z.object({
      batch_id: count,
      status: z.literal('pending'),
      message: z.string(),
      poll_url: z.string(),
      total_operations: count,
      estimated_duration_seconds: count,
    }),
  },
  status: {
    ...owning,
    method: 'GET',
    path: `${base}/async/status/{batch_id}`,
    summary: 'Read the progress of a batch, and at its end the outcome of each operation',
    description:
      'The keys of `results` and `errors` are the places of the operations in the request, from 0. For administrators, and for the user who submitted the batch.',
    uses: { operations: 'read' },
    reply: z.object({
      ...summary,
      results: z.record(z.string(), z.looseObject({ id: count })).optional(),
      errors: z.record(z.string(), z.object({ code: z.string(), message: z.string() })).optional(),
    }),
  },
  cancel: {
    ...owning,
    ...submitting,
    method: 'POST',
    path: `${base}/async/cancel/{batch_id}`,
    summary: 'Cancel a batch',
    description:
      'Operations that were processed are not undone; the numbers of the answer are final. For a batch that has ended otherwise the answer is 400.',
    uses: batchEndUses,
    reply: z.object({
      success: z.boolean(),
      message: z.string(),
      batch_id: count,
      completed_operations: count,
      canceled_operations: count,
    }),
  },
  listBatches: {
    errors: adminErrors,
    roles,
    method: 'GET',
    path: `${base}/async`,
    summary: 'List the batches that the caller submitted, newest first',
    uses: { operations: 'read' },
    query: z.object({ limit: limit(batchesPerPageMax, 20), offset }),
    reply: z.object({
      count,
      limit: count,
      offset: count,
      has_more: z.boolean(),
      next_offset: count.nullable(),
      results: z.array(z.object(summary)),
    }),
  },
} satisfies Record<string, Endpoint>;
