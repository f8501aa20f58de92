import { Duration } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BucketName } from '../core/contract/resources.ts';
import { acknowledge } from './acknowledge.ts';
import { keptWhereDataIs } from './kept.ts';
import type { Settings } from './settings.ts';

const shortLived = 'Files stay until they have been read, mostly for minutes, and for two days at most.';

/**
 * A bucket for files that callers upload by a signed form. S3 deletes an object at the midnight (UTC) after
 * its first day.
 */
export function uploadBucket(scope: Construct, name: BucketName, settings: Settings): Bucket {
  const bucket = new Bucket(scope, `${name}Bucket`, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy: keptWhereDataIs(settings),
    lifecycleRules: [{ expiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    ...(settings.corsOrigins.length > 0
      ? { cors: [{ allowedMethods: [HttpMethods.POST], allowedOrigins: settings.corsOrigins }] }
      : {}),
  });
  acknowledge(bucket, {
    'AwsSolutions-S1': `${shortLived} The table of messages records who asked for each upload.`,
    'HIPAA.Security-S3BucketLoggingEnabled': `${shortLived} The table of messages records who asked for each upload.`,
    'HIPAA.Security-S3BucketReplicationEnabled': shortLived,
    'HIPAA.Security-S3BucketVersioningEnabled': `${shortLived} Versions would keep what was deleted.`,
    'HIPAA.Security-S3DefaultEncryptionKMS': `${shortLived} S3 encrypts them with its own keys.`,
  });
  return bucket;
}
