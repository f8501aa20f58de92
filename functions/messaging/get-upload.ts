import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { smsEndpoints } from './sms/api.ts';
import { asReadFile, smsKeys } from './sms/batch.ts';
import { readProgress } from './sms/progress.ts';
import { readItem, readSmsBatch } from './sms/store.ts';
import { withRetryAfter } from './sms/view.ts';

export const handler = serve(smsEndpoints.getUpload, async ({ params, caller }) => {
  const batch = await readSmsBatch(caller.tenantId, params.uploadId, 'Upload');
  if (!batch.upload) throw new Problem('not_found', 'Upload not found');
  const { progress, view } = await readProgress(batch);
  const item =
    batch.state === 'expected' ? undefined : await readItem(smsKeys.readFile(batch.tenant, batch.id));
  const { errors, file } = item ? asReadFile(item) : { errors: [] };
  const reply = { success: true, upload_id: batch.id, ...batch.upload, errors, file, ...view };
  return withRetryAfter(progress, batch.state, reply);
});
