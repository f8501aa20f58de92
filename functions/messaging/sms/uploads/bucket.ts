import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { clientSettings } from '../../../../core/aws-client.ts';
import { bucketVariable } from '../../../../core/contract/resources.ts';
import { setting } from '../../../../core/environment.ts';
import { Problem } from '../../../../core/http/problem.ts';
import { present } from '../../../../core/invariant.ts';
import { fileBytesMax } from '../api.ts';

let client: S3Client | undefined;

/** The S3 client of this container, made on first use. */
function s3(): S3Client {
  client ??= new S3Client(clientSettings);
  return client;
}

/** Name of the bucket for uploaded files. */
export const uploadBucket = (): string =>
  setting(bucketVariable('uploads'), 'add `uploads` to the `uses` of this contract');

/** Object key of an upload's file. It begins with the tenant, so that no id reaches another tenant's file. */
export const uploadKey = (tenant: string, uploadId: string): string =>
  `${Buffer.from(tenant).toString('base64url')}/${uploadId}`;

/**
 * Reads the file of an upload.
 *
 * @throws Problem `not_found` if nothing was uploaded, `too_large` for more than ten megabytes.
 */
export async function readUploadedFile(tenant: string, uploadId: string): Promise<Buffer> {
  const Key = uploadKey(tenant, uploadId);
  try {
    const { Body, ContentLength } = await s3().send(new GetObjectCommand({ Bucket: uploadBucket(), Key }));
    if (present(ContentLength, 'S3 answers with a length') > fileBytesMax)
      throw new Problem('too_large', 'The file is larger than 10 MB');
    return Buffer.from(await present(Body, 'S3 answers with a body').transformToByteArray());
  } catch (error) {
    // Without permission to list the bucket, S3 answers AccessDenied for a missing object (API reference,
    // GetObject).
    const isMissing = error instanceof NoSuchKey || (error instanceof Error && error.name === 'AccessDenied');
    if (!isMissing) throw error;
    throw new Problem('not_found', 'No file was uploaded under this upload_id');
  }
}

/** Deletes the file of an upload. A failure is ignored: the bucket deletes its files within two days. */
export async function deleteUploadedFile(tenant: string, uploadId: string): Promise<void> {
  await s3()
    .send(new DeleteObjectCommand({ Bucket: uploadBucket(), Key: uploadKey(tenant, uploadId) }))
    .catch(() => undefined);
}
