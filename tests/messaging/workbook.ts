import { utils, write } from '@e965/xlsx';

export type Cells = (string | number | undefined)[];

/** An .xlsx file with these rows. */
export function workbook(rows: Cells[]): Buffer {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'Sheet1');
  return write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer;
}
