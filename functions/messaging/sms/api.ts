import * as z from 'zod';
import type { Endpoint } from '../../../core/contract/endpoint.ts';
import { formFile } from '../../../core/contract/form-file.ts';
import { csvTypes } from '../../../core/contract/media-types.ts';
import { FileReport } from '../../../core/files/report.ts';
import { messagingErrors, spelledWith } from '../errors.ts';
import { boundedText } from '../text.ts';
import { CampaignId, ScheduleAt, SenderId, SmsContact, SmsText } from './shape.ts';
import { batchStatuses, messageStatuses } from './view.ts';

/** Recipients of one request. */
const recipientsMax = 10_000;

const count = z.int().nonnegative();

/** Rows of one file, without its header. */
export const uploadRowsMax = 50_000;

/**
 * Size of one file. Up to about 4.4 MB fit into a request to Lambda; a larger file is uploaded to S3 by a
 * form.
 */
export const fileBytesMax = 10 * 1024 * 1024;

/** Counters in the answer to a batch that was refused as a whole. */
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

const contactsExpected = 'must be a non-empty array';

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
  failed: count.describe('Refused by the provider, opted out, or without an answer for three days.'),
  canceled: count,
  delivered: count.describe('Those of `sent` whose receipt reports delivery.'),
  undelivered: count.describe('Those of `sent` whose receipt reports a failure.'),
  sender_id: z.string(),
  campaign_id: z.string().optional(),
  template_id: z.string().optional(),
  schedule_at: z.string().optional(),
  created_at: z.string(),
};

const batch = z.object({ success: z.boolean(), batch_id: z.string(), ...progress });

/**
 * Errors of rows that one answer lists; the counts cover all rows. They are stored in one item with the
 * report of the file, and an item may have 400 KB.
 */
export const errorsShown = { errorsMax: 1_000, bytesMax: 250_000 };

/** Content types of an uploaded file; the first is the default. */
export const uploadTypes = [
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ...csvTypes,
] as const;

const uploadOptions = {
  sender_id: SenderId.optional().describe('Sender id of rows that have none.'),
  template_id: z.string().max(64).optional().describe('Template for rows that have no message.'),
  campaign_id: CampaignId.optional(),
};

const uploadCounts = {
  upload_id: z.string(),
  total_contacts: count.describe('Rows of the file, without its header.'),
  processed_contacts: count.describe('Rows that could be read.'),
  successful_contacts: count.describe('Rows whose message was accepted for sending.'),
  errors: z.array(z.string()),
};

const variables = [
  'A text may have variables such as `{{name}}`: `phone`, `name`, and any other field of a contact.',
  'A variable without a value is an error.',
].join(' ');

/** Endpoints for text messages: bulk sending, file uploads, templates, schedules and status. */
export const smsEndpoints = {
  bulkSend: {
    ...sending,
    path: '/api/messaging/sms/bulk-send',
    summary: 'Send a text message to up to 10,000 recipients',
    description: [
      'With `template_id` the text is the template, in which `{{message}}` stands for `message`.',
      `${variables} A recipient that is listed twice gets one message. \`successful_contacts\` counts`,
      'those accepted for sending; each message is sent at most once.',
    ].join(' '),
    errors: spelledWith(nothingSent),
    uses: accepting,
    body: z
      .strictObject({
        contacts: z
          .array(SmsContact, { error: contactsExpected })
          .min(1, { error: contactsExpected })
          .refine((contacts) => contacts.length <= recipientsMax, {
            error: `Maximum ${recipientsMax.toLocaleString('en')} recipients per request`,
          })
          .meta({ maxItems: recipientsMax }),
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
    summary: 'Create a message template',
    uses: { messaging: 'write' },
    body: z.strictObject({
      name: boundedText(1, 100),
      body: SmsText,
    }),
    status: 201,
    reply: z.object({ success: z.boolean(), ...template.shape }),
  },
  listTemplates: {
    ...reading,
    path: '/api/messaging/templates',
    summary: 'List the message templates, oldest first',
    uses: { messaging: 'read' },
    reply: z.object({ success: z.boolean(), templates: z.array(template), total: count }),
  },
  getMessage: {
    ...reading,
    path: '/api/messaging/sms/messages/{messageId}',
    summary: 'Get the status of a message',
    description: [
      '`queued` → `sent` → `delivered` or `failed`. `unknown`: the provider gave no answer. The message',
      'may have been sent and is never sent again; its receipt resolves the status.',
    ].join(' '),
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
    summary: 'Get the progress of a batch of messages',
    uses: { messaging: 'read', operations: 'read' },
    params: z.object({ id: z.string() }),
    reply: batch,
  },
  cancelBatch: {
    ...sending,
    path: '/api/messaging/sms/batches/{id}/cancel',
    summary: 'Cancel the messages of a batch that are not sent yet',
    description: 'Messages that are being sent at this moment are still sent; all others never will be.',
    limit: { calls: 10, seconds: 60, per: 'user' },
    uses: { messaging: 'write', operations: 'write' },
    params: z.object({ id: z.string() }),
    reply: z.object({ success: z.boolean(), message: z.string(), ...batch.omit({ success: true }).shape }),
  },
  bulkUpload: {
    ...sending,
    path: '/api/messaging/sms/bulk-upload',
    summary: 'Send text messages to the rows of a file',
    description: [
      'The first row, or one below a title, is a header. Columns are where the headers say so; if none names',
      'the phone: A phone number, B name, C message, D sender ID. Each column is a variable of the text, named by its header. Columns',
      'such as `opt_out` are honoured: a person who is out by any row gets nothing, also by a row that is',
      'refused. Of several phone columns the first usable number is texted. The text is the row’s own message, or',
      `else the template. Up to ${uploadRowsMax.toLocaleString('en')} rows of .xlsx or CSV. Send a file`,
      'of up to 4.4 MB as a form; upload a larger one, up to 10 MB, first (`bulk-upload/url`) and pass',
      `its \`upload_id\`. Invalid rows are listed in \`errors\`, at most ${errorsShown.errorsMax} of them and`,
      `${errorsShown.bytesMax / 1_000} KB; the other rows are sent.`,
    ].join(' '),
    uses: { ...accepting, uploads: 'take' },
    memoryMb: 1_769,
    body: z.strictObject({ upload_id: z.string().max(64), ...uploadOptions }),
    form: z.strictObject({ file: formFile.optional(), ...uploadOptions }),
    reply: z.object({ success: z.boolean(), message: z.string(), ...uploadCounts, file: FileReport }),
  },
  uploadUrl: {
    ...sending,
    path: '/api/messaging/sms/bulk-upload/url',
    summary: 'Get a form for uploading a file of up to 10 MB',
    description:
      'Within five minutes, send a form to the URL with these fields, followed by the file as `file`.',
    uses: { messaging: 'write', uploads: 'put' },
    body: z
      .strictObject({ content_type: z.enum(uploadTypes).optional().describe('.xlsx by default.') })
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
    summary: 'Get the progress of an uploaded file’s messages',
    uses: { messaging: 'read', operations: 'read' },
    params: z.object({ uploadId: z.string() }),
    reply: z.object({
      success: z.boolean(),
      ...uploadCounts,
      file: FileReport.optional().describe('Absent until the file is processed.'),
      ...progress,
    }),
  },
} satisfies Record<string, Endpoint>;
