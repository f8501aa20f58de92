import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { keptWhereDataIs } from './kept.ts';
import type { Settings } from './settings.ts';

/**
 * A log group that keeps its lines for the days of the stage's setting, and outlives the stack where data
 * does. All functions of a system share one, since a template holds at most 500 resources (service quotas of
 * CloudFormation): Lambda puts the function's name into the names of its streams.
 */
export function logGroup(scope: Construct, id: string, settings: Settings): LogGroup {
  const logs = new LogGroup(scope, id, {
    retention: settings.logDays,
    removalPolicy: keptWhereDataIs(settings),
  });
  acknowledge(logs, {
    'HIPAA.Security-CloudWatchLogGroupEncrypted':
      'No line has personal data: functions are tested for it, and other lines have ids only. CloudWatch encrypts them.',
  });
  return logs;
}
