import { type CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BucketName } from '../core/contract/resources.ts';
import type { Settings } from './settings.ts';

const SHORT_LIVED = 'Files are here for minutes, until they were read, and for a day at most.';

/** Findings of cdk-nag about buckets, each with the reason to leave it. */
const KNOWN: Record<string, string> = {
  'AwsSolutions-S1': `${SHORT_LIVED} The functions log who uploaded what.`,
  'HIPAA.Security-S3BucketLoggingEnabled': 'As for S1.',
  'HIPAA.Security-S3BucketReplicationEnabled': SHORT_LIVED,
  'HIPAA.Security-S3BucketVersioningEnabled': `${SHORT_LIVED} Versions would keep what was deleted.`,
  'HIPAA.Security-S3DefaultEncryptionKMS': `${SHORT_LIVED} S3 encrypts them with its own keys.`,
};

/** A bucket for files that callers upload by a signed form. It keeps nothing for longer than a day. */
export function uploadBucket(scope: Construct, name: BucketName, settings: Settings): Bucket {
  const bucket = new Bucket(scope, `${name}Bucket`, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    lifecycleRules: [{ expiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    ...(settings.corsOrigins.length > 0
      ? { cors: [{ allowedMethods: [HttpMethods.POST], allowedOrigins: settings.corsOrigins }] }
      : {}),
  });
  const logicalId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnElement);
  Validations.of(scope).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`,
    reason: 'Objects get their names when they are uploaded.',
  });
  for (const [id, reason] of Object.entries(KNOWN)) Validations.of(bucket).acknowledge({ id, reason });
  return bucket;
}
