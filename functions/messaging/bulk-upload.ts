import { randomUUID } from 'node:crypto';
import type { FileReport } from '../../core/files/report.ts';
import { parseMultipart } from '../../core/http/multipart.ts';
import { serve } from '../../core/http/serve.ts';
import { optedOut } from './contacts/opted-out.ts';
import { MessagingProblem } from './errors.ts';
import { fileReportOf, readRows } from './files/rows.ts';
import { accept } from './sms/accept.ts';
import { errorsShown, smsEndpoints, uploadRowsMax } from './sms/api.ts';
import type { UploadCounts } from './sms/batch.ts';
import { batchIdFrom } from './sms/messages/id.ts';
import { claimUpload } from './sms/store.ts';
import { textToSend } from './sms/templates/store.ts';
import { deleteUploadedFile } from './sms/uploads/bucket.ts';
import { uploadColumnsOf, uploadFieldsOf } from './sms/uploads/columns.ts';
import { readSourceFile } from './sms/uploads/file.ts';
import { decideUpload, readUpload } from './sms/uploads/rows.ts';

const headerRules = {
  byPosition: true,
  advice: 'A for the phone number, B name, C message, D sender ID',
  rowsMax: uploadRowsMax,
  tooMany: `Maximum ${uploadRowsMax.toLocaleString('en')} recipients per file`,
};

export const handler = serve(
  smsEndpoints.bulkUpload,
  async ({ body, caller, answer, clock }) => {
    const tenant = caller.tenantId;
    const { sender_id: from, template_id: templateId, campaign_id: campaignId } = body;
    const template = templateId ? (await textToSend(tenant, templateId, undefined)).text : undefined;
    const { bytes, uploadId } = await readSourceFile(body, tenant);
    const table = readRows(bytes, headerRules);
    const columns = uploadColumnsOf(table.header.cells);
    const file = fileReportOf(table, uploadFieldsOf(columns));
    const read = readUpload(table, columns, { template, from });
    const refused = await optedOut(
      tenant,
      read.messages.map(({ to }) => to),
    );
    const { messages, counts, errors } = decideUpload(read, refused, errorsShown);
    if (messages.length === 0) throw nothingToSend({ ...counts, errors, file });
    const id = uploadId ?? batchIdFrom(randomUUID());
    const reply = {
      success: true,
      message: 'Bulk SMS upload processed successfully',
      upload_id: id,
      ...counts,
      errors,
      file,
    };
    const now = clock.now();
    if (uploadId) await claimUpload(tenant, uploadId, now);
    const order = { id, messages, dueAt: now, scheduled: false, campaignId, templateId };
    const given = await accept(
      { ...order, upload: { counts, read: { errors, file } } },
      reply,
      caller,
      answer,
      now,
    );
    if (uploadId) await deleteUploadedFile(tenant, uploadId);
    return given;
  },
  { readForm: parseMultipart },
);

const nothingToSend = (fields: { errors: string[]; file: FileReport } & UploadCounts) =>
  new MessagingProblem('invalid', 'No row of the file can be sent', fields, {
    details: { field: 'file', constraint: fields.errors[0] ?? 'the file has no rows below its header' },
  });
