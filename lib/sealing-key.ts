import { Stack } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { keptWhereDataIs } from './kept.ts';
import type { Settings } from './settings.ts';

/**
 * The KMS key of a stage that encrypts the API keys of organisations and the secrets of webhooks in their
 * tables. AWS rotates its material each year and keeps the old for what it encrypted.
 *
 * A stage that keeps its tables keeps the key, without which the sealed values in them are lost. Its alias
 * goes with the stack, so that the name is free for the next one.
 */
export function sealingKey(scope: Construct, id: string, settings: Settings): IKey {
  if (settings.sealingKeyArn) return Key.fromKeyArn(scope, id, settings.sealingKeyArn);
  const key = new Key(scope, id, {
    description: 'Encrypts the API keys of organisations and the secrets of webhooks in their tables',
    enableKeyRotation: true,
    removalPolicy: keptWhereDataIs(settings),
  });
  key.addAlias(`alias/${Stack.of(scope).stackName}-sealing`);
  return key;
}
