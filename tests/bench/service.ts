import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { rootClient } from '../root-client.ts';
import { startChild } from './child.ts';
import { type Cleanup, temporaryFolder } from './cleanup.ts';
import { type Caller, callerOf } from './http.ts';

/** The running service, as its users and as its Lambdas see it. */
export interface Service {
  url: string;
  /** Where its Lambdas find DynamoDB. */
  awsEndpoint: string;
  /** The process in which all of it runs. */
  pid: number;
  /** The folder with a bundle for each of its functions. */
  bundles: string;
  tables: { patients: string; messaging: string; admin: string; audit: string; operations: string };
}

/** Starts the service on a folder of its own. */
export async function startService(cleanup: Cleanup): Promise<Service> {
  const dataDir = await temporaryFolder(cleanup);
  return await startChild<Service>(cleanup, new URL('service-process.ts', import.meta.url), [dataDir]);
}

export interface Person {
  tenantId: string;
  token: string;
  /** Calls the service as this person. */
  api: Caller;
}

/** A user, of a tenant that nobody else has unless told. */
export async function somebody(
  cleanup: Cleanup,
  { url }: Service,
  { role = 'user', tenantId = randomUUID() }: { role?: string; tenantId?: string } = {},
): Promise<Person> {
  const stranger = callerOf(url);
  const claims = { sub: randomUUID(), tenant_id: tenantId, role };
  const { text } = await stranger.call('POST', '/_local/token', claims);
  stranger.close();
  const { token } = JSON.parse(text) as { token: string };
  const api = callerOf(url, token);
  cleanup.later(api.close);
  return { tenantId, token, api };
}

/** DynamoDB as the service's Lambdas reach it, through the one AWS endpoint, without their permissions' limits. */
export function tablesOf(cleanup: Cleanup, { awsEndpoint }: Service): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ ...rootClient(awsEndpoint), maxAttempts: 1 });
  cleanup.later(() => client.destroy());
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
