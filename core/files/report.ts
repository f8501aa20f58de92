import * as z from 'zod';
import { encodings } from './encoding.ts';
import { separators } from './separator.ts';

/** Rows without use that a report lists. */
const rowsListedMax = 100;

/** Characters of a header in a report. */
const headerLengthMax = 64;

/** Characters of a field in a report, which may be a column's header behind a word such as `variables`. */
const fieldLengthMax = headerLengthMax + 16;

/** What was understood of a file, so that a person can see whether it is what was meant. */
export const FileReport = z
  .object({
    kind: z.enum(['csv', 'xlsx']),
    encoding: z.enum(encodings).nullable().describe('`null` for a workbook.'),
    separator: z.enum(separators).nullable().describe('`null` for a workbook.'),
    header_row: z.int().positive(),
    columns: z
      .array(z.object({ header: z.string(), field: z.string().nullable() }))
      .describe('Each column with the field that it was taken for; `null` if it is ignored.'),
    rows_read: z.int().nonnegative().describe('Rows below the header that are not blank.'),
    rows_left_out: z
      .array(z.object({ row: z.int(), reason: z.string() }))
      .describe(`Rows above the header and rows that cannot be read, at most ${rowsListedMax}.`),
  })
  .meta({ id: 'FileReport', description: 'What was understood of the file.' });
export type FileReport = z.output<typeof FileReport>;

/**
 * The report, with as many rows and as much of each header as an answer lists: it takes at most 60 KB, as 64
 * columns in characters of three bytes.
 */
export const reportOf = (report: FileReport): FileReport => ({
  ...report,
  columns: report.columns.map(({ header, field }) => ({
    header: header.slice(0, headerLengthMax),
    field: field?.slice(0, fieldLengthMax) ?? null,
  })),
  rows_left_out: report.rows_left_out.slice(0, rowsListedMax),
});
