import { randomUUID } from 'node:crypto';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { fileBytesMax, smsEndpoints, uploadTypes } from './sms/api.ts';
import { batchIdFrom } from './sms/messages/id.ts';
import { expectUpload } from './sms/store.ts';
import { s3, uploadBucket, uploadKey } from './sms/uploads/bucket.ts';

/** Lifetime of the signed upload form. */
const formTtlSeconds = 300;

export const handler = serve(smsEndpoints.uploadUrl, async ({ body, caller, clock }) => {
  const id = batchIdFrom(randomUUID());
  const type = body?.content_type ?? uploadTypes[0];
  await expectUpload({
    ...{ tenant: caller.tenantId, id, user: caller.userId, createdAt: timestamp(clock.now()) },
  });
  const { url, fields } = await createPresignedPost(s3(), {
    Bucket: uploadBucket(),
    Key: uploadKey(caller.tenantId, id),
    Conditions: [['content-length-range', 1, fileBytesMax]],
    Fields: { 'Content-Type': type },
    Expires: formTtlSeconds,
  });
  return { success: true, upload_id: id, url, fields };
});
