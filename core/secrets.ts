import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { clientSettings } from './aws-client.ts';
import { type SecretGroup, secretsVariable } from './contract/resources.ts';
import { setting } from './environment.ts';

/** Milliseconds for which a container caches a secret: Secrets Manager bills each read. */
const cacheMs = 5 * 60 * 1000;

const cache = new Map<string, { value: string; readAt: number }>();

let client: SecretsManagerClient | undefined;

function secretsManager(): SecretsManagerClient {
  client ??= new SecretsManagerClient(clientSettings);
  return client;
}

const fullName = (group: SecretGroup, name: string): string =>
  `${setting(secretsVariable(group), `add \`${group}\` to the \`uses\` of this contract`)}${name}`;

/**
 * The value of a secret, at most five minutes old; `undefined` if there is none.
 *
 * @param name letters, digits and `/_+=.@-`.
 */
export async function readSecret(group: SecretGroup, name: string, now: number): Promise<string | undefined> {
  const SecretId = fullName(group, name);
  const cached = cache.get(SecretId);
  if (cached && now - cached.readAt < cacheMs) return cached.value;
  try {
    const { SecretString } = await secretsManager().send(new GetSecretValueCommand({ SecretId }));
    if (SecretString !== undefined) cache.set(SecretId, { value: SecretString, readAt: now });
    return SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Deletes a secret without Secrets Manager's recovery window, so that its name is free at once. */
export async function removeSecret(group: SecretGroup, name: string): Promise<void> {
  const SecretId = fullName(group, name);
  cache.delete(SecretId);
  try {
    await secretsManager().send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}
