import { utils, write } from '@e965/xlsx';
import { inline, type Part, workbookOf, workbookParts, xmlRow, zip } from './zip.ts';

/** A file, and what becomes of it: the cells of its rows below the header, or a refusal that says why. */
export interface Specimen {
  name: string;
  type: 'excel' | 'csv';
  bytes: Buffer;
  rows?: (string[] | { error: RegExp })[];
  refused?: RegExp;
  /** Small and unpacks to much. */
  bomb?: boolean;
}

const MiB = 1024 * 1024;
const PHONE = '+255712345678';
const HEADER = xmlRow(1, inline('A1', 'phone'), inline('B1', 'name'));
const ROW = xmlRow(2, inline('A2', PHONE), inline('B2', 'Ann'));
const ANN = [PHONE, 'Ann'];

const excel = (
  name: string,
  bytes: Buffer,
  outcome: Omit<Specimen, 'name' | 'type' | 'bytes'>,
): Specimen => ({
  name,
  type: 'excel',
  bytes,
  ...outcome,
});
const sheet = (name: string, second: string, row: string[] | { error: RegExp }) =>
  excel(name, workbookOf(HEADER + xmlRow(2, second)), { rows: [row] });
const csv = (
  name: string,
  content: Buffer | string,
  outcome: Omit<Specimen, 'name' | 'type' | 'bytes'>,
): Specimen => ({
  name,
  type: 'csv',
  bytes: Buffer.from(content as string),
  ...outcome,
});

const cell = (place: string, value: string, more = '') => `<c r="${place}"${more}><v>${value}</v></c>`;
const ann = inline('B2', 'Ann');

function written(rows: unknown[][], edit: (sheet: Record<string, unknown>) => void = () => {}): Buffer {
  const made = utils.aoa_to_sheet(rows);
  edit(made as Record<string, unknown>);
  const book = utils.book_new();
  utils.book_append_sheet(book, made, 'S');
  return write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer;
}

const honest = () => workbookOf(HEADER + ROW);
const withPart = (part: Part) => workbookOf(HEADER + ROW, [part]);
const damagedAt = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
  return copy;
};
const dtd = (entities: string, use: string) =>
  `<?xml version="1.0"?><!DOCTYPE worksheet [${entities}]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${HEADER}${xmlRow(2, inline('A2', PHONE), inline('B2', use))}</sheetData></worksheet>`;
const sheetXml = (data: string): Buffer =>
  zip([...workbookParts([{ data: '' }]).slice(0, 4), { name: 'xl/worksheets/sheet1.xml', data }]);
const laughs = Array.from({ length: 12 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');

const DAMAGED = /damaged/;
const TOO_LARGE = /too large when unpacked/;

/** Workbooks that are bombs, lies, or damaged. */
function hostile(): Specimen[] {
  const zeros = Buffer.alloc(80 * MiB, ' ');
  const halves = [1, 2, 3].map((n) => ({ name: `xl/media/${n}`, data: zeros.subarray(0, 40 * MiB) }));
  const lying = { name: 'xl/media/lie', data: zeros, size: 1_000 };
  const bombs: [string, Buffer, RegExp][] = [
    ['a part of 80 MiB', withPart({ name: 'xl/media/zeros', data: zeros }), TOO_LARGE],
    ['a sheet of 80 MiB', sheetXml(`${' '.repeat(80 * MiB)}`), TOO_LARGE],
    ['parts of 120 MiB together', workbookOf(HEADER + ROW, halves), TOO_LARGE],
    ['a part that declares a kilobyte and has 80 MiB', withPart(lying), DAMAGED],
    ['a part that declares four gigabytes', withPart({ name: 'x', data: 'x', size: 0xffffffff }), TOO_LARGE],
    [
      'entries that share their bytes',
      workbookOf(HEADER + ROW, [
        { name: 'a', data: zeros.subarray(0, MiB) },
        ...Array.from({ length: 60 }, (_, n) => ({ name: `b${n}`, data: zeros.subarray(0, MiB), shares: 5 })),
      ]),
      DAMAGED,
    ],
    [
      'more entries than a workbook has',
      workbookOf(
        HEADER + ROW,
        Array.from({ length: 300 }, (_, n) => ({ name: `e${n}`, data: '' })),
      ),
      TOO_LARGE,
    ],
    [
      'a number of entries that only zip64 tells',
      zip(workbookParts([{ data: HEADER }]), { count: 0xffff }),
      TOO_LARGE,
    ],
    [
      'a directory whose place only zip64 tells',
      zip(workbookParts([{ data: HEADER }]), { directory: 0xffffffff }),
      TOO_LARGE,
    ],
  ];
  const whole = honest();
  return [
    ...bombs.map(([name, bytes, refused]) => excel(name, bytes, { refused, bomb: true })),
    excel('an encrypted entry', withPart({ name: 'x', data: 'x', flags: 1 }), { refused: /password/ }),
    excel('the same name twice', withPart({ name: 'xl/workbook.xml', data: '<workbook/>' }), {
      refused: DAMAGED,
    }),
    excel('an unknown way of packing', withPart({ name: 'x', data: 'x', method: 99 }), { refused: DAMAGED }),
    excel('more entries declared than there are', zip(workbookParts([{ data: HEADER }]), { count: 9 }), {
      refused: DAMAGED,
    }),
    excel('fewer entries declared than there are', zip(workbookParts([{ data: HEADER }]), { count: 2 }), {
      refused: DAMAGED,
    }),
    excel('a directory that is somewhere else', zip(workbookParts([{ data: HEADER }]), { directory: 7 }), {
      refused: DAMAGED,
    }),
    excel('a packed size beyond the file', withPart({ name: 'x', data: 'x', packed: 1_000_000 }), {
      refused: DAMAGED,
    }),
    excel('a size that is not the part’s', withPart({ name: 'x', data: 'xyz', size: 7 }), {
      refused: DAMAGED,
    }),
    excel('packed bytes that are damaged', damagedAt(whole, 60), { refused: DAMAGED }),
    ...[4, 30, 200, whole.length - 30, whole.length - 1].map((length) =>
      excel(`a workbook cut off after ${length} bytes`, whole.subarray(0, length), { refused: DAMAGED }),
    ),
    excel('a zip that is no workbook', zip([{ name: 'a.txt', data: 'a' }]), { refused: /no Excel workbook/ }),
    excel('a zip of nothing', zip([]), { refused: /no Excel workbook/ }),
    excel('a sheet that its workbook does not have', zip(workbookParts([{ data: HEADER }]).slice(0, 4)), {
      refused: DAMAGED,
    }),
    excel('a sheet that is no XML', sheetXml('no XML at all'), { refused: /damaged|no rows/ }),
    excel('a sheet cut off in a cell', sheetXml('<worksheet><sheetData><row r="1"><c r="A1" t="inl'), {
      refused: /damaged|no rows/,
    }),
    excel('an entity of entities', sheetXml(dtd(`<!ENTITY l0 "lol">${laughs}`, '&l12;')), {
      rows: [[PHONE, '&l12;']],
    }),
    excel('an entity from a file', sheetXml(dtd('<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;')), {
      rows: [[PHONE, '&x;']],
    }),
    excel(
      'a million and a half tiny cells',
      workbookOf(`<row r="1">${'<c><v>1</v></c>'.repeat(1_600_000)}</row>`),
      { refused: /too many cells/ },
    ),
    excel(
      'an .xls of Excel 97',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2_000)]),
      { refused: /\.xlsx/ },
    ),
    excel('a web page called .xls', Buffer.from('<html><table><tr><td>phone</td></tr></table></html>'), {
      refused: /xlsx|web page/,
    }),
    excel('a file of no bytes', Buffer.alloc(0), { refused: /empty/ }),
    excel('a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), { refused: /xlsx/ }),
    excel('a PDF', Buffer.from('%PDF-1.7\n%\u00e2\u00e3\n1 0 obj\u0000', 'latin1'), { refused: /xlsx/ }),
    excel('only hidden sheets', zip(workbookParts([{ data: HEADER + ROW, state: 'hidden' }])), {
      refused: /hidden/,
    }),
    excel('no cells', workbookOf(''), { refused: /no rows/ }),
  ];
}

/** Workbooks that are odd, and read as their authors see them. */
function odd(): Specimen[] {
  const hidden = workbookParts([
    { data: xmlRow(1, inline('A1', 'a list')), state: 'hidden' },
    { data: xmlRow(1, inline('A1', 'a draft')), state: 'veryHidden' },
    { data: HEADER + ROW },
  ]);
  return [
    excel('a plain workbook', honest(), { rows: [ANN] }),
    excel(
      'parts that are stored and not packed',
      zip(workbookParts([{ data: HEADER + ROW }]).map((part) => ({ ...part, stored: true }))),
      { rows: [ANN] },
    ),
    excel(
      'a comment behind the zip',
      zip(workbookParts([{ data: HEADER + ROW }]), { comment: 'made by hand' }),
      { rows: [ANN] },
    ),
    excel('hidden sheets before the one that is seen', zip(hidden), { rows: [ANN] }),
    excel('macros that nobody runs', withPart({ name: 'xl/vbaProject.bin', data: 'Sub' }), { rows: [ANN] }),
    excel(
      'links to the outside',
      withPart({ name: 'xl/externalLinks/externalLink1.xml', data: '<x href="http://169.254.169.254/"/>' }),
      { rows: [ANN] },
    ),
    sheet('a phone that is a number', cell('A2', '255712345678') + ann, ['255712345678', 'Ann']),
    sheet('a number with an exponent', cell('A2', '2.55712345678E+11') + ann, ['255712345678', 'Ann']),
    sheet('a number of 16 digits', cell('A2', '2557123456789012') + ann, [expect16, 'Ann']),
    sheet('a fraction', cell('A2', '712345678.5') + ann, ['712345678.5', 'Ann']),
    sheet(
      'a formula with its last result',
      `<c r="A2" t="str"><f>"+255"&amp;712345678</f><v>${PHONE}</v></c>${ann}`,
      ANN,
    ),
    sheet('a formula that was never calculated', `<c r="A2"><f>A1</f></c>${ann}`, ['', 'Ann']),
    sheet('an error', `${cell('A2', '#N/A', ' t="e"')}${ann}`, { error: /A2 holds an error/ }),
    sheet('a division by zero beside a phone', `${inline('A2', PHONE)}${cell('B2', '#DIV/0!', ' t="e"')}`, {
      error: /B2/,
    }),
    sheet('a yes', `${inline('A2', PHONE)}${cell('B2', '1', ' t="b"')}`, [PHONE, 'TRUE']),
    sheet(
      'text of several fonts',
      `${inline('A2', PHONE)}<c r="B2" t="inlineStr"><is><r><t>An</t></r><r><t>n</t></r></is></c>`,
      ANN,
    ),
    sheet('spaces around a text', `${inline('A2', ` ${PHONE}&#160;`)}${ann}`, ANN),
    sheet('a cell in the last column there is', `${inline('A2', PHONE)}${inline('XFD2', 'far')}`, {
      error: /64 columns/,
    }),
    excel(
      'a cell in the last row there is',
      workbookOf(HEADER + ROW + xmlRow(1_048_576, inline('A1048576', PHONE))),
      { rows: [ANN, [PHONE]] },
    ),
    excel(
      'blank rows between',
      workbookOf(HEADER + xmlRow(2) + xmlRow(7, inline('A7', PHONE), inline('B7', 'Ann'))),
      { rows: [ANN] },
    ),
    excel(
      'rows and cells that do not say where they are',
      workbookOf(
        `<row><c t="inlineStr"><is><t>phone</t></is></c></row><row><c t="inlineStr"><is><t>${PHONE}</t></is></c></row>`,
      ),
      { rows: [[PHONE]] },
    ),
    excel(
      'a wrong dimension',
      sheetXml(`<worksheet><dimension ref="A1"/><sheetData>${HEADER}${ROW}</sheetData></worksheet>`),
      { rows: [ANN] },
    ),
    excel(
      'merged cells',
      zip(
        workbookParts([
          {
            data: HEADER + ROW + xmlRow(3, inline('A3', PHONE)),
            after: '<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>',
          },
        ]),
      ),
      { rows: [ANN, [PHONE]] },
    ),
    excel(
      'a date',
      written([
        ['phone', 'name'],
        [PHONE, new Date(Date.UTC(2024, 1, 29))],
      ]),
      { rows: [[PHONE, '2/29/24']] },
    ),
    excel(
      'a format that shows zeros before a number',
      written(
        [
          ['phone', 'name'],
          [712345678, 'Ann'],
        ],
        (made) => Object.assign(made.A2 as object, { z: '0000000000' }),
      ),
      { rows: [['0712345678', 'Ann']] },
    ),
    excel(
      'a format that groups digits',
      written(
        [
          ['phone', 'name'],
          [255712345678, 'Ann'],
        ],
        (made) => Object.assign(made.A2 as object, { z: '#,##0' }),
      ),
      { rows: [['255,712,345,678', 'Ann']] },
    ),
  ];
}

/** What Excel shows of a number whose last digits it has lost. */
const expect16 = '2.55712E+15';

const text = `phone,name\n${PHONE},Ann\n`;

/** CSV in all the ways in which it is written. */
function texts(): Specimen[] {
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return [
    csv('plain text', text, { rows: [ANN] }),
    csv('a byte order mark', `\uFEFF${text}`, { rows: [ANN] }),
    csv('UTF-16, little end first', utf16, { rows: [ANN] }),
    csv('UTF-16, big end first', Buffer.from(utf16).swap16(), { rows: [ANN] }),
    csv('UTF-16 that does not say so', Buffer.from(text, 'utf16le'), { rows: [ANN] }),
    csv('Windows’ old encoding', Buffer.from(`phone,name\n${PHONE},Zo\xeb\n`, 'latin1'), {
      rows: [[PHONE, 'Zoë']],
    }),
    csv('line ends of an old Mac', text.replaceAll('\n', '\r'), { rows: [ANN] }),
    csv('line ends of all kinds', `phone,name\r\n${PHONE},Ann\r${PHONE},Bob\n`, {
      rows: [ANN, [PHONE, 'Bob']],
    }),
    csv('line ends inside of quotes', `phone,name\r\n${PHONE},"An\r\nn"\r\n`, { rows: [[PHONE, 'An\r\nn']] }),
    csv('semicolons', text.replaceAll(',', ';'), { rows: [ANN] }),
    csv('tabs', text.replaceAll(',', '\t'), { rows: [ANN] }),
    csv('a semicolon in a text of commas', `phone,name\n${PHONE},Ann; Bob\n`, {
      rows: [[PHONE, 'Ann; Bob']],
    }),
    csv('a line that names the delimiter', `sep=;\r\nphone;name\r\n${PHONE};Ann\r\n`, { rows: [ANN] }),
    csv('quotes that are doubled', `phone,name\n${PHONE},"An ""N"" n"\n`, { rows: [[PHONE, 'An "N" n']] }),
    csv('a quote that is not closed', `phone,name\n${PHONE},"Ann\n${PHONE},Bob\n`, {
      rows: [{ error: /not closed/ }, [PHONE, 'Bob']],
    }),
    csv('a quote inside of a value', `phone,name\n${PHONE},An"n\n`, { rows: [{ error: /A quote stands/ }] }),
    csv('text behind a closing quote', `phone,name\n${PHONE},"An"n\n`, {
      rows: [{ error: /A quote stands/ }],
    }),
    csv('a cell of two megabytes', `phone,name\n${PHONE},"${'x'.repeat(2 * MiB)}"\n`, {
      rows: [{ error: /too long/ }],
    }),
    csv('blank lines', `\n\nphone,name\n\n${PHONE},Ann\n,\n`, { rows: [ANN] }),
    csv('more values than columns', `phone,name\n${PHONE},Ann,x\n`, { rows: [[...ANN, 'x']] }),
    csv('more columns than there may be', `phone,name\n${PHONE}${','.repeat(70)}x\n`, {
      rows: [{ error: /64 columns/ }],
    }),
    csv('nothing but blanks', ' \n\t\n', { refused: /no rows/ }),
    csv('nothing', '', { refused: /empty/ }),
    csv('NUL', `phone,name\n${PHONE},A\u0000nn\n`, { rows: [{ error: /Control characters/ }] }),
    csv('XML', '<?xml version="1.0"?><phones/>', { refused: /web page or XML/ }),
    csv('formulas, which are text', `phone,name\n${PHONE},"=HYPERLINK(""http://x"")"\n`, {
      rows: [[PHONE, '=HYPERLINK("http://x")']],
    }),
  ];
}

/** Files that people send by mistake, by accident of their programs, or on purpose. */
export const corpus = (): Specimen[] => [...hostile(), ...odd(), ...texts()];
