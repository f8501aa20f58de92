import * as z from 'zod';
import type { Endpoint } from '../../../core/contract/endpoint.ts';
import { formFile } from '../../../core/contract/form-file.ts';
import { messagingErrors, spelledWith } from '../errors.ts';
import { text } from '../text.ts';
import { CampaignId, ScheduleAt, SenderId, SmsContact, SmsText } from './shape.ts';
import { batchStatuses, messageStatuses } from './view.ts';

/** The most recipients of one request. */
export const RECIPIENTS = 10_000;

const count = z.int().nonnegative();

/** The most rows of one file. */
export const ROWS = 50_000;

/** The largest file, in bytes: directly what Lambda can carry, about 4.4 MB, else by a form of S3. */
export const FILE_BYTES = 10 * 1024 * 1024;

/** The counters of an answer to a batch that was refused as a whole. */
export const nothingSent = {
  total_contacts: 0,
  processed_contacts: 0,
  successful_contacts: 0,
  results: [],
};

const sending = {
  method: 'POST',
  roles: ['user', 'manager', 'admin', 'super_admin'],
  limit: { calls: 5, seconds: 60, per: 'user' },
  errors: messagingErrors,
} as const;

const reading = {
  method: 'GET',
  roles: ['user', 'viewer', 'manager', 'admin', 'super_admin'],
  errors: messagingErrors,
} as const;

const accepting = { messaging: 'write', operations: 'write', smsBatches: 'send' } as const;

const CONTACTS = 'must be a non-empty array';

const result = z.object({
  phone: z.string(),
  success: z.boolean(),
  message_id: z.string().optional(),
  error: z.string().optional(),
});

const template = z.object({
  id: z.string(),
  name: z.string(),
  body: z.string(),
  variables: z.array(z.string()),
  created_at: z.string(),
});

const progress = {
  status: z.enum(batchStatuses),
  total: count,
  queued: count.describe('Not sent yet, or sent without an answer so far.'),
  sent: count.describe('Accepted by the provider.'),
  failed: count.describe(
    'Never sent: refused by the provider, opted out, or without an answer for three days.',
  ),
  canceled: count,
  delivered: count.describe('Of those sent, by their receipts.'),
  undelivered: count.describe('Of those sent, by their receipts.'),
  sender_id: z.string(),
  campaign_id: z.string().optional(),
  template_id: z.string().optional(),
  schedule_at: z.string().optional(),
  created_at: z.string(),
};

const batch = z.object({ success: z.boolean(), batch_id: z.string(), ...progress });

/** The most errors of rows that one answer lists; the counts are of all. */
export const ERRORS = 1_000;

export const uploadTypes = [
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'text/csv',
] as const;

const uploadOptions = {
  sender_id: SenderId.optional().describe('Of the rows that have none.'),
  template_id: z.string().max(64).optional().describe('The text of the rows that have none.'),
  campaign_id: CampaignId.optional(),
};

const uploadCounts = {
  upload_id: z.string(),
  total_contacts: count.describe('Rows of the file, without its header.'),
  processed_contacts: count.describe('Rows that could be read.'),
  successful_contacts: count.describe('Rows whose message was accepted for sending.'),
  errors: z.array(z.string()),
};

const variables =
  'A text may have variables, `{{name}}`: `phone`, `name`, and any further field of a contact. A variable without a value is refused.';

/** Text messages: to many at once, from a file, by templates, now or later; and what became of them. */
export const smsEndpoints = {
  bulkSend: {
    ...sending,
    path: '/api/messaging/sms/bulk-send',
    summary: 'Send a text message to up to 10,000 recipients',
    description: `With \`template_id\` the template is the text, and \`{{message}}\` in it is \`message\`. ${variables} A recipient that is named twice gets one message. \`successful_contacts\` are those accepted for sending; each message is sent at most once.`,
    errors: spelledWith(nothingSent),
    uses: accepting,
    body: z
      .strictObject({
        contacts: z
          .array(SmsContact, { error: CONTACTS })
          .min(1, { error: CONTACTS })
          .refine((contacts) => contacts.length <= RECIPIENTS, {
            error: `Maximum ${RECIPIENTS.toLocaleString('en')} recipients per request`,
          })
          .meta({ maxItems: RECIPIENTS }),
        message: SmsText.optional(),
        sender_id: SenderId,
        template_id: z.string().max(64).nullish(),
        schedule_at: ScheduleAt.nullish(),
        campaign_id: CampaignId.nullish(),
      })
      .refine(({ message, template_id }) => message ?? template_id, {
        path: ['message'],
        error: 'message is required',
      }),
    reply: z.object({
      success: z.boolean(),
      total_contacts: count,
      processed_contacts: count,
      successful_contacts: count,
      results: z.array(result),
      batch_id: z.string().optional(),
    }),
  },
  createTemplate: {
    ...sending,
    limit: { calls: 10, seconds: 60, per: 'user' },
    path: '/api/messaging/templates',
    summary: 'Store a template for messages',
    uses: { messaging: 'write' },
    body: z.strictObject({
      name: text(1, 100),
      body: SmsText,
    }),
    status: 201,
    reply: z.object({ success: z.boolean(), ...template.shape }),
  },
  listTemplates: {
    ...reading,
    path: '/api/messaging/templates',
    summary: 'List the templates for messages, oldest first',
    uses: { messaging: 'read' },
    reply: z.object({ success: z.boolean(), templates: z.array(template), total: count }),
  },
  getMessage: {
    ...reading,
    path: '/api/messaging/sms/messages/{messageId}',
    summary: 'Read where a message stands',
    description:
      '`queued` → `sent` → `delivered` or `failed`. `unknown`: the provider gave no answer; it may have been sent, is never sent again, and its receipt settles it.',
    uses: { messaging: 'read', operations: 'read' },
    params: z.object({ messageId: z.string() }),
    reply: z.object({
      success: z.boolean(),
      message_id: z.string(),
      batch_id: z.string(),
      status: z.enum(messageStatuses),
      phone: z.string(),
      message: z.string(),
      sender_id: z.string(),
      encoding: z.enum(['GSM-7', 'UCS-2']),
      segments: count,
      error: z.string().optional(),
      campaign_id: z.string().optional(),
      schedule_at: z.string().optional(),
      created_at: z.string(),
      sent_at: z.string().optional(),
      updated_at: z.string(),
    }),
  },
  getBatch: {
    ...reading,
    path: '/api/messaging/sms/batches/{id}',
    summary: 'Read how far a batch of messages has come',
    uses: { messaging: 'read', operations: 'read' },
    params: z.object({ id: z.string() }),
    reply: batch,
  },
  cancelBatch: {
    ...sending,
    path: '/api/messaging/sms/batches/{id}/cancel',
    summary: 'Cancel the messages of a batch that are not sent yet',
    description: 'Messages that are being sent at this moment are; all others never will be.',
    limit: { calls: 10, seconds: 60, per: 'user' },
    uses: { messaging: 'write', operations: 'write' },
    params: z.object({ id: z.string() }),
    reply: z.object({ success: z.boolean(), message: z.string(), ...batch.omit({ success: true }).shape }),
  },
  bulkUpload: {
    ...sending,
    path: '/api/messaging/sms/bulk-upload',
    summary: 'Send text messages to the rows of a file',
    description: `The first row is a header. Columns: A phone number, B name, C message, D sender ID; more columns are variables of the text, by their headers. A row’s own message is its text, else the template. Up to ${ROWS.toLocaleString('en')} rows of .xlsx or CSV. A file of up to 4.4 MB comes as a form; a larger one, up to 10 MB, is uploaded first (\`bulk-upload/url\`) and named by its \`upload_id\`. Rows that cannot be sent are told in \`errors\`, at most ${ERRORS} of them; the others are sent.`,
    uses: { ...accepting, uploads: 'take' },
    memoryMb: 1_769,
    body: z.strictObject({ upload_id: z.string().max(64), ...uploadOptions }),
    form: z.strictObject({ file: formFile.optional(), ...uploadOptions }),
    reply: z.object({ success: z.boolean(), message: z.string(), ...uploadCounts }),
  },
  uploadUrl: {
    ...sending,
    path: '/api/messaging/sms/bulk-upload/url',
    summary: 'Get a form for uploading a file of up to 10 MB',
    description:
      'Send a form with these fields and then the file, as `file`, to the URL within five minutes.',
    uses: { messaging: 'write', uploads: 'put' },
    body: z
      .strictObject({ content_type: z.enum(uploadTypes).optional().describe('.xlsx unless told.') })
      .optional(),
    reply: z.object({
      success: z.boolean(),
      upload_id: z.string(),
      url: z.string(),
      fields: z.record(z.string(), z.string()),
    }),
  },
  getUpload: {
    ...reading,
    path: '/api/messaging/sms/uploads/{uploadId}',
    summary: 'Read how far the messages of a file have come',
    uses: { messaging: 'read', operations: 'read' },
    params: z.object({ uploadId: z.string() }),
    reply: z.object({ success: z.boolean(), ...uploadCounts, ...progress }),
  },
} satisfies Record<string, Endpoint>;
