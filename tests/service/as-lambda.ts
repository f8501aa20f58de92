import { inject } from 'vitest';
import { type TableName, tableVariable } from '../../core/contract/resources.ts';
import { region, rootAccessKey } from '../../local/account.ts';
import { tablesOf } from './tables.ts';

/**
 * Gives this process the environment of a Lambda on the running service, for functions that no route shows.
 *
 * @param used the tables that it uses.
 */
export async function actAsLambda(...used: TableName[]): Promise<void> {
  const awsEndpoint = inject('awsEndpoint');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: awsEndpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: rootAccessKey,
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  for (const table of used)
    process.env[tableVariable(table)] = await tablesOf({ awsEndpoint }).nameOf(table.toLowerCase());
}
