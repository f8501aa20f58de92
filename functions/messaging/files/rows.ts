import { type FileReport, reportOf } from '../../../core/files/report.ts';
import { type HeadedTable, type HeaderRules, headedTable, headerReportOf } from './header.ts';
import { fieldOf } from './header-words.ts';
import { readTable } from './table.ts';

export { type Consent, consentFields, consentOf, joined } from './consent.ts';
export type { HeadedTable } from './header.ts';
export { type Field, fieldOf, plainHeader } from './header-words.ts';
export {
  digitsOf,
  partsOf,
  type RowConsent,
  type SayingColumns,
  saidByLines,
  sayingColumnsOf,
  tooManyValues,
} from './said.ts';
export { fileKindOf } from './table.ts';

/**
 * Reads an .xlsx workbook or a CSV: its header, and the rows below that are not blank.
 *
 * @param source a file, or the text of a CSV.
 * @throws Problem `invalid` that names the row, for a file that cannot be read, has no header, or too many
 * rows.
 */
export const readRows = (source: Buffer | string, rules: HeaderRules): HeadedTable =>
  headedTable(
    readTable(source, (cell) => fieldOf(cell) !== undefined),
    rules,
  );

/**
 * What was understood of a file, as it is answered.
 *
 * @param fields the field of each column; `null` for one that is ignored.
 */
export const fileReportOf = (table: HeadedTable, fields: (string | null)[]): FileReport =>
  reportOf(headerReportOf(table, fields));
