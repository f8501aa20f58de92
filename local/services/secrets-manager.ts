import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Guard } from '../iam/guard.ts';
import { secretArn } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import { readEntries, writeEntries } from '../whole-file.ts';
import { AwsError, type AwsService, jsonAnswer, operationOf } from './service.ts';

interface Secret {
  readonly name: string;
  readonly value: string;
  readonly versionId: string;
  /** Seconds since the Unix epoch, Secrets Manager's format. */
  readonly changedAt: number;
}

/** The secrets of the local run, stored in one file with mode 0600. */
export interface SecretStore {
  find(idOrArn: string): Secret | undefined;
  put(name: string, value: string): Secret;
  remove(name: string): void;
  names(): readonly string[];
}

/** Secrets Manager's limit of a secret's value: 64 KiB. */
const secretBytesMax = 65_536;

/** Opens the store of secrets in this folder. */
export function openSecretStore(dataDir: string): SecretStore {
  const file = join(dataDir, 'secrets.json');
  const secrets = readEntries<Secret>(file);
  const save = (): void => writeEntries(file, secrets);
  return {
    names: () => [...secrets.keys()],
    find: (idOrArn) =>
      secrets.get(idOrArn) ?? [...secrets.values()].find(({ name }) => secretArn(name) === idOrArn),
    put(name, value) {
      const secret = { name, value, versionId: randomUUID(), changedAt: Date.now() / 1_000 };
      secrets.set(name, secret);
      save();
      return secret;
    },
    remove(name) {
      secrets.delete(name);
      save();
    },
  };
}

interface SecretProperties {
  readonly SecretString?: string;
  readonly GenerateSecretString?: {
    readonly SecretStringTemplate?: string;
    readonly GenerateStringKey?: string;
    readonly PasswordLength?: number;
  };
}

/** Creates the secrets of the template that do not exist yet; a value is generated once and kept. */
export function createSecrets(stack: Stack, store: SecretStore): void {
  for (const { name, properties } of stack.resources<SecretProperties>('AWS::SecretsManager::Secret')) {
    if (store.find(name)) continue;
    const { SecretString, GenerateSecretString: generate } = properties;
    const drawn = randomBytes(64)
      .toString('base64url')
      .slice(0, generate?.PasswordLength ?? 32);
    const generated = generate?.GenerateStringKey
      ? JSON.stringify({
          ...(JSON.parse(generate.SecretStringTemplate ?? '{}') as object),
          [generate.GenerateStringKey]: drawn,
        })
      : drawn;
    store.put(name, SecretString ?? generated);
  }
}

interface SecretRequest {
  readonly SecretId?: string;
  readonly Name?: string;
  readonly SecretString?: string;
}

/**
 * Secrets Manager: create, get, put, update, describe, delete and list; text values, one version per secret.
 */
export function secretsService(store: SecretStore, guard: Guard): AwsService {
  return async (request) => {
    const operation = operationOf(request);
    const { SecretId, Name, SecretString } = JSON.parse(request.body.toString()) as SecretRequest;
    const found = SecretId === undefined ? undefined : store.find(SecretId);
    const resource = SecretId?.startsWith('arn:')
      ? SecretId
      : secretArn(found?.name ?? SecretId ?? Name ?? '*');
    guard(request.principal, [
      { action: `secretsmanager:${operation}`, resource: operation === 'ListSecrets' ? '*' : resource },
    ]);
    if (operation === 'ListSecrets')
      return jsonAnswer({ SecretList: store.names().map((name) => ({ Name: name })) });
    if (operation === 'CreateSecret') {
      if (!Name) throw new AwsError('ValidationException', 'Name is missing');
      if (store.find(Name))
        throw new AwsError('ResourceExistsException', `The secret ${Name} already exists.`);
      return described(store.put(Name, checked(SecretString)));
    }
    if (!found)
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    switch (operation) {
      case 'GetSecretValue':
        return jsonAnswer({
          ...description(found),
          SecretString: found.value,
          VersionStages: ['AWSCURRENT'],
        });
      case 'PutSecretValue':
      case 'UpdateSecret':
        return described(store.put(found.name, checked(SecretString)));
      case 'DescribeSecret':
        return described(found);
      case 'DeleteSecret':
        store.remove(found.name);
        return jsonAnswer({ ...description(found), DeletionDate: Date.now() / 1_000 });
      default:
        throw new AwsError('NotImplemented', `The local Secrets Manager has no ${operation}`, 501);
    }
  };
}

function checked(value?: string): string {
  if (value === undefined) throw new AwsError('InvalidParameterException', 'SecretString is missing');
  if (Buffer.byteLength(value) > secretBytesMax)
    throw new AwsError('ValidationException', `SecretString has more than ${secretBytesMax} bytes`);
  return value;
}

const description = ({ name, versionId, changedAt }: Secret): object => ({
  ARN: secretArn(name),
  Name: name,
  VersionId: versionId,
  CreatedDate: changedAt,
  LastChangedDate: changedAt,
});

const described = (secret: Secret) => jsonAnswer(description(secret));
