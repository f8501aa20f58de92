import { setTimeout as pause } from 'node:timers/promises';
import { byName } from '../../core/by-name.ts';
import { tables } from '../../core/contract/resources.ts';
import { tablesWithPrefix, wholeTables } from '../../core/dynamo/scan.ts';
import { verifyTables } from '../../core/verify/run.ts';
import type { Finding } from '../../core/verify/verifier.ts';
import { verifiers } from '../../functions/verifiers.ts';
import type { Running } from '../../local/start.ts';
import { rootClient } from '../root-client.ts';

/** The tables of a service, as a command of an operator reaches them. */
export async function wholeTablesOf({ awsEndpoint }: Pick<Running, 'awsEndpoint'>) {
  const found = wholeTables(rootClient(awsEndpoint));
  const names = await tablesWithPrefix(found, 'bulkhead-local-Tables', tables);
  return { tables: found, names: byName(tables, (table) => names[table] ?? table) };
}

/** What `npm run verify-tables` finds in the tables of a service. */
export async function verified(
  running: Pick<Running, 'awsEndpoint'>,
  betweenLooks: (milliseconds: number) => Promise<unknown> = pause,
): Promise<Finding[]> {
  const verification = { ...(await wholeTablesOf(running)), verifiers, pause: betweenLooks };
  return (await verifyTables(verification)).findings;
}
