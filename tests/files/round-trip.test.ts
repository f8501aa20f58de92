import { utils, write } from '@e965/xlsx';
import { stringify } from 'csv-stringify/sync';
import { expect, test } from 'vitest';
import { Problem } from '../../core/http/problem.ts';
import { isStorable } from '../../core/text.ts';
import { readImport } from '../../functions/messaging/contacts/import/rows.ts';
import { phone } from '../messaging/contact-helpers.ts';
import { readFileOf } from '../messaging/files/read.ts';
import { inline, workbookOf, xmlRow } from '../messaging/files/zip.ts';
import { fc } from '../properties.ts';

const header = ['phone', 'name', 'Note'];

const cell = fc
  .string({
    unit: fc.constantFrom(...'ab0 ,;\t"\'\n\r=+-@é東<&'.split(''), '🙂', '""', '\r\n', ', ', '" '),
    maxLength: 20,
  })
  .map((text) => text.trim())
  .filter((text) => isStorable(text, true));
const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 });

const csvOf =
  (delimiter: string, encode: (text: string) => Buffer = Buffer.from) =>
  (rows: string[][]): Buffer =>
    encode(stringify(rows, { delimiter, quoted_match: /[\r\n]|^\s|\s$/ }));
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

function byLibrary(rows: string[][]): Buffer {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'S');
  return write(book, { type: 'buffer', bookType: 'xlsx', bookSST: true }) as Buffer;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\r', '_x000D_');

const byHand = (rows: string[][]): Buffer =>
  workbookOf(
    rows
      .map((cells, row) =>
        xmlRow(
          row + 1,
          ...cells.map((text, at) => inline(`${utils.encode_col(at)}${row + 1}`, escaped(text))),
        ),
      )
      .join(''),
  );

test.each([
  ['CSV', csvOf(',')],
  ['CSV with semicolons', csvOf(';')],
  ['TSV', csvOf('\t')],
  ['CSV with a byte order mark', csvOf(',', (text) => Buffer.from(`\uFEFF${text}`))],
  ['UTF-16, little end first', csvOf('\t', utf16)],
  ['UTF-16, big end first', csvOf(';', (text) => utf16(text).swap16())],
  ['a workbook of the library', byLibrary],
  ['a workbook made by hand', byHand],
])('whatever a table holds, written as %s it is read as the same table', (kind, written) => {
  fc.assert(
    fc.property(table, (rows) => {
      const all = rows.map(([name, note], n) => [phone(n), name, note]);
      const { rows: read, header: first } = readFileOf(written([header, ...all]));
      expect(first.cells).toEqual(header);
      // XML has no CR of its own (XML 1.0 §2.11), and each program writes it differently.
      const plain = (text: string) => (/workbook/.test(kind) ? text.replace(/[\r\n]+/g, '\n') : text);
      const cells = read.map((row) =>
        'cells' in row ? header.map((_, at) => plain(row.cells[at] ?? '')) : row,
      );
      expect(cells).toEqual(all.map((row) => row.map(plain)));
    }),
    { numRuns: 150 },
  );
});

/** One change of a text: a character is removed, put in, or put in place of another. */
const mutation = fc.record({
  place: fc.double({ min: 0, max: 0.999, noNaN: true }),
  removed: fc.constantFrom(0, 1),
  added: fc.constantFrom(
    '',
    '"',
    ',',
    ';',
    '\t',
    '\n',
    '\r',
    "'",
    '\\',
    '\u0000',
    '\u0007',
    '\uFFFD',
    'x',
    '9',
    ' ',
  ),
});

const names = fc.constantFrom('Ann', 'Zoë', '"Lee, Ann"', '"a ""b"" c"', '"two\nlines"', "O'Neil", '5 kg');

test('however one character of a file is changed, a row that is not stored is told', () => {
  fc.assert(
    fc.property(
      fc.array(names, { minLength: 1, maxLength: 8 }),
      mutation,
      (some, { place, removed, added }) => {
        const text = ['phone,name,Note', ...some.map((name, n) => `${phone(n)},${name},n${n}`)].join('\n');
        const at = Math.floor(place * text.length);
        const changed = text.slice(0, at) + added + text.slice(at + removed);
        expect(lostOf(changed, some.length)).toBe(0);
      },
    ),
    { numRuns: 3_000 },
  );
});

test('wherever two quotes are put into a file, a row that is not stored is told', () => {
  const places = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(names, { minLength: 1, maxLength: 8 }), places, (some, [one, other]) => {
      const text = ['phone,name,Note', ...some.map((name, n) => `${phone(n)},${name},n${n}`)].join('\n');
      const at = (share: number) => Math.floor(share * text.length);
      const [from, to] = [at(Math.min(one, other)), at(Math.max(one, other))];
      expect(lostOf(`${text.slice(0, from)}"${text.slice(from, to)}"${text.slice(to)}`, some.length)).toBe(0);
    }),
    { numRuns: 3_000 },
  );
});

test('however one byte of a file is changed, a row that is not stored is told', () => {
  fc.assert(
    fc.property(
      fc.array(names, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.nat(255),
      (some, place, byte) => {
        const text = ['phone,name,Note', ...some.map((name, n) => `${phone(n)},${name},n${n}`)].join('\n');
        const bytes = Buffer.from(text);
        bytes.writeUInt8(byte, Math.floor(place * bytes.length));
        expect(lostOf(bytes, some.length)).toBe(0);
      },
    ),
    { numRuns: 3_000 },
  );
});

/** Rows that are neither stored nor told: none if the file is refused, or at least one row is told. */
function lostOf(file: string | Buffer, rows: number): number {
  const options = { import_type: 'csv', skip_duplicates: true, update_existing: false } as const;
  try {
    const read = readImport(typeof file === 'string' ? { ...options, csv_data: file } : { ...options, file });
    expect(read.candidates.length + read.errors.length).toBe(read.total);
    return read.errors.length > 0 ? 0 : Math.max(0, rows - read.candidates.length);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return 0;
  }
}
