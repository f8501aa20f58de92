import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SecretGroup } from '../core/contract/resources.ts';
import type { Settings } from './settings.ts';

/**
 * A group of secrets, which operators add to the stage, or earlier versions of the app added while they ran.
 *
 * @returns the prefix of their names, and an ARN that matches them all.
 */
export function secretGroup(scope: Construct, { stage }: Settings, group: SecretGroup) {
  const prefix = `bulkhead/${stage}/${group}/`;
  const arn = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${prefix}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return { prefix, arn };
}
