import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { clientSettings } from './aws-client.ts';
import { type SecretGroup, secretsVariable } from './contract/resources.ts';
import { setting } from './environment.ts';

/** Lifetime of a secret in a container's cache. Secrets Manager bills each read. */
const cachedMs = 5 * 60 * 1000;

const known = new Map<string, { value: string; readAt: number }>();

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
  const remembered = known.get(SecretId);
  if (remembered && now - remembered.readAt < cachedMs) return remembered.value;
  try {
    const { SecretString } = await secretsManager().send(new GetSecretValueCommand({ SecretId }));
    if (SecretString !== undefined) known.set(SecretId, { value: SecretString, readAt: now });
    return SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Sets a secret, new or not. Other containers go on with the old value for at most five minutes. */
export async function writeSecret(
  group: SecretGroup,
  name: string,
  value: string,
  now: number,
): Promise<void> {
  const SecretId = fullName(group, name);
  try {
    await secretsManager().send(new PutSecretValueCommand({ SecretId, SecretString: value }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await secretsManager().send(new CreateSecretCommand({ Name: SecretId, SecretString: value }));
  }
  known.set(SecretId, { value, readAt: now });
}

/** Deletes a secret at once, so that its name is free. */
export async function removeSecret(group: SecretGroup, name: string): Promise<void> {
  const SecretId = fullName(group, name);
  known.delete(SecretId);
  try {
    await secretsManager().send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}
