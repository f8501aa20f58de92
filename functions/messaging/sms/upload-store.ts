import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { clientSettings } from '../../../core/aws-client.ts';
import { bucketVariable } from '../../../core/contract/resources.ts';
import { setting } from '../../../core/environment.ts';
import { Problem } from '../../../core/http/problem.ts';
import { FILE_BYTES } from './api.ts';

let client: S3Client | undefined;

/** The one S3 client of this container, made on first use. */
function s3(): S3Client {
  client ??= new S3Client(clientSettings);
  return client;
}

export const uploadBucket = (): string =>
  setting(bucketVariable('uploads'), 'add `uploads` to the `uses` of this contract');

/** Where the file of an upload is: below its tenant, so that no id reaches another's. */
export const uploadKey = (tenant: string, uploadId: string): string =>
  `${Buffer.from(tenant).toString('base64url')}/${uploadId}`;

/**
 * The file of an upload.
 *
 * @throws Problem `not_found` while nothing was uploaded, `too_large` for more than ten megabytes.
 */
export async function readUploadedFile(tenant: string, uploadId: string): Promise<Buffer> {
  const Key = uploadKey(tenant, uploadId);
  try {
    const { Body, ContentLength = 0 } = await s3().send(
      new GetObjectCommand({ Bucket: uploadBucket(), Key }),
    );
    if (ContentLength > FILE_BYTES) throw new Problem('too_large', 'The file is larger than 10 MB');
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    // Without the right to list a bucket, a missing object is a forbidden one (S3 API reference, GetObject).
    const isMissing = error instanceof NoSuchKey || (error instanceof Error && error.name === 'AccessDenied');
    if (!isMissing) throw error;
    throw new Problem('not_found', 'No file was uploaded under this upload_id');
  }
}

/** Deletes the file of an upload once it was read; one that is left is deleted after a day. */
export async function forgetUploadedFile(tenant: string, uploadId: string): Promise<void> {
  await s3()
    .send(new DeleteObjectCommand({ Bucket: uploadBucket(), Key: uploadKey(tenant, uploadId) }))
    .catch(() => undefined);
}
