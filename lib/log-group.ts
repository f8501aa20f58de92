import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

/**
 * A log group that keeps its lines for the days of the stage's setting, and outlives the stack where data
 * does.
 */
export function logGroup(scope: Construct, id: string, { logDays, keepData }: Settings): LogGroup {
  const logs = new LogGroup(scope, id, {
    retention: logDays,
    removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  acknowledge(logs, {
    'HIPAA.Security-CloudWatchLogGroupEncrypted':
      'No line has personal data: functions are tested for it, and other lines have ids only. CloudWatch encrypts them.',
  });
  return logs;
}
