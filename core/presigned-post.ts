import { createHmac } from 'node:crypto';
import { setting } from './environment.ts';

/** An upload that its signer allows: one object, of this media type, of 1 to `bytesMax` bytes. */
export interface AllowedUpload {
  bucket: string;
  key: string;
  contentType: string;
  bytesMax: number;
  /** Seconds from `now` for which the form is good. */
  validSeconds: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A form for a browser: its fields go before the file, which is named `file`, to the URL. */
export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

const remedy = 'Lambda’s runtime sets it';

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 3339 to the second. */
const toSecond = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** The bucket's address: virtual-hosted on AWS, a path of the endpoint that stands in for AWS elsewhere. */
function bucketUrl(bucket: string, region: string): string {
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL;
  return endpoint
    ? `${endpoint.replace(/\/$/, '')}/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com/`;
}

/**
 * Signs a form with which a browser uploads one object to S3 (S3 API reference, "Browser-based uploads using
 * POST", AWS Signature Version 4). Signing needs no call, and so no S3 client, which is 100 KB of a bundle.
 *
 * The credentials are those of the function's role, from the environment variables that Lambda reserves for
 * them.
 *
 * @throws MissingSetting outside of Lambda, where those variables are missing.
 */
export function presignedPost(upload: AllowedUpload): UploadForm {
  const region = setting('AWS_REGION', remedy);
  const second = toSecond(upload.now).replace(/[-:]/g, '');
  const day = second.slice(0, 8);
  const token = process.env.AWS_SESSION_TOKEN;
  const signed = {
    'Content-Type': upload.contentType,
    bucket: upload.bucket,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${setting('AWS_ACCESS_KEY_ID', remedy)}/${day}/${region}/s3/aws4_request`,
    'X-Amz-Date': second,
    ...(token ? { 'X-Amz-Security-Token': token } : {}),
    key: upload.key,
  };
  const conditions = [
    ['content-length-range', 1, upload.bytesMax],
    ...Object.entries(signed).map(([name, value]) => ({ [name]: value })),
  ];
  const expiration = toSecond(upload.now + upload.validSeconds * 1000);
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const secret = `AWS4${setting('AWS_SECRET_ACCESS_KEY', remedy)}`;
  const signingKey = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, secret);
  return {
    url: bucketUrl(upload.bucket, region),
    fields: { ...signed, Policy: policy, 'X-Amz-Signature': hmac(signingKey, policy).toString('hex') },
  };
}
