import { type TableName, tableVariable } from '../contract/resources.ts';
import { setting } from '../environment.ts';

/** The deployed name of a table, handed over by the grant that lets this function use it. */
export const tableName = (table: TableName): string =>
  setting(tableVariable(table), `add \`${table}\` to the \`uses\` of this contract`);
