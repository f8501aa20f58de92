import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { presignedPost } from '../../core/presigned-post.ts';

const now = Date.parse('2026-02-03T04:05:06.789Z');

const upload = {
  bucket: 'stage-uploads',
  key: 'dGVuYW50/ba7c.xlsx',
  contentType: 'text/csv',
  bytesMax: 10_000_000,
  validSeconds: 300,
  now,
};

/** The form as the AWS SDK signs it. */
const fromSdk = () =>
  createPresignedPost(new S3Client(), {
    Bucket: upload.bucket,
    Key: upload.key,
    Conditions: [['content-length-range', 1, upload.bytesMax]],
    Fields: { 'Content-Type': upload.contentType },
    Expires: upload.validSeconds,
  });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a secret / of AWS+');
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test.each([
  ['a role', { AWS_SESSION_TOKEN: 'token==' }],
  ['a key without a session', {}],
  ['us-east-1', { AWS_REGION: 'us-east-1' }],
  ['an endpoint that stands in for AWS', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }],
])('signs the same form as the AWS SDK: %s', async (_, environment) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  expect(presignedPost(upload)).toEqual(await fromSdk());
});

test('without the credentials of a role there is no form', () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  expect(() => presignedPost(upload)).toThrow('AWS_SECRET_ACCESS_KEY');
});
