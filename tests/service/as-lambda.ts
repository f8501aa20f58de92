import { inject } from 'vitest';
import { region, rootAccessKey } from '../../local/account.ts';
import { tablesOf } from './tables.ts';

/**
 * Gives this process the environment of a Lambda on the running service, for functions that no route shows.
 *
 * @param kind the table that it uses, as `tablesOf` takes it: `guards` sets `GUARDS_TABLE`.
 */
export async function actAsLambda(kind: string): Promise<void> {
  const awsEndpoint = inject('awsEndpoint');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: awsEndpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: rootAccessKey,
    AWS_SECRET_ACCESS_KEY: 'local',
    [`${kind.toUpperCase()}_TABLE`]: await tablesOf({ awsEndpoint }).nameOf(kind),
  });
}
