import { randomUUID } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { presignedPost } from '../../core/presigned-post.ts';
import { fileBytesMax, smsEndpoints, uploadTypes } from './sms/api.ts';
import { batchIdFrom } from './sms/messages/id.ts';
import { expectUpload } from './sms/store.ts';
import { uploadBucket, uploadKey } from './sms/uploads/bucket.ts';

/** Lifetime of the signed upload form. */
const formTtlSeconds = 300;

export const handler = serve(smsEndpoints.uploadUrl, async ({ body, caller, clock }) => {
  const id = batchIdFrom(randomUUID());
  const type = body?.content_type ?? uploadTypes[0];
  await expectUpload({
    ...{ tenant: caller.tenantId, id, user: caller.userId, createdAt: timestamp(clock.now()) },
  });
  const { url, fields } = presignedPost({
    bucket: uploadBucket(),
    key: uploadKey(caller.tenantId, id),
    contentType: type,
    bytesMax: fileBytesMax,
    validSeconds: formTtlSeconds,
    now: clock.now(),
  });
  return { success: true, upload_id: id, url, fields };
});
