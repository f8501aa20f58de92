import { byName } from '../core/by-name.ts';
import { type TableName, tables } from '../core/contract/resources.ts';
import type { WholeTables } from '../core/dynamo/scan.ts';
import { Refused } from './explain.ts';
import type { Settings } from './settings.ts';

/**
 * The deployed names of all tables.
 *
 * @param prefix begins the name of each, and its own name follows.
 * @param chosen names that were set for some, which are not looked for.
 * @throws Refused if a table is not there, or if several are that only differ in what CloudFormation added: a
 *   stack that was deleted left them beside those of the next.
 */
export async function deployedTables(
  { names }: Pick<WholeTables, 'names'>,
  prefix: string,
  chosen: Settings['tableNames'] = {},
): Promise<Record<TableName, string>> {
  const there: string[] = [];
  for await (const name of names()) there.push(name);
  const found = byName(tables, (table) => {
    const named = chosen[table];
    return there.filter((name) => (named === undefined ? isOf(table, prefix, name) : name === named));
  });
  const missing = tables.filter((table) => found[table].length === 0);
  if (missing.length > 0) {
    const expected = missing.map((table) => chosen[table] ?? `${prefix}${table}`);
    throw new Refused(`There are no tables ${expected.join(', ')}`);
  }
  const several = tables.flatMap((table) => (found[table].length > 1 ? [found[table].join(' and ')] : []));
  if (several.length > 0)
    throw new Refused(
      `It is not clear which tables are meant: ${several.join('; ')}. Name them by --settings '{"tableNames":{…}}'`,
    );
  return byName(tables, (table) => found[table].join());
}

/** A name that CloudFormation gave ends in the hash of the construct and a random part. */
function isOf(table: TableName, prefix: string, name: string): boolean {
  if (!name.startsWith(prefix)) return false;
  const rest = name.slice(prefix.length);
  return rest === table || new RegExp(`^${table}[0-9A-F]{8}(-|$)`).test(rest);
}
