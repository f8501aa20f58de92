import { setTimeout as pause } from 'node:timers/promises';
import { wholeTables } from '../../core/dynamo/scan.ts';
import { verifyTables } from '../../core/verify/run.ts';
import type { Finding } from '../../core/verify/verifier.ts';
import { verifiers } from '../../functions/verifiers.ts';
import { deployedTables } from '../../lib/deployed-tables.ts';
import type { Running } from '../../local/start.ts';
import { rootClient } from '../root-client.ts';

/** The tables of a service, as a command of an operator reaches them. */
export async function wholeTablesOf({ awsEndpoint }: Pick<Running, 'awsEndpoint'>) {
  const found = wholeTables(rootClient(awsEndpoint));
  return { tables: found, names: await deployedTables(found, 'bulkhead-local-Tables') };
}

/** What `npm run verify-tables` finds in the tables of a service. */
export async function verified(
  running: Pick<Running, 'awsEndpoint'>,
  betweenLooks: (milliseconds: number) => Promise<unknown> = pause,
): Promise<Finding[]> {
  const verification = { ...(await wholeTablesOf(running)), verifiers, pause: betweenLooks };
  return (await verifyTables(verification)).findings;
}
