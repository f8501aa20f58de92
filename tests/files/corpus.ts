import { utils, type WorkSheet, write } from '@e965/xlsx';
import { inline, type Part, workbookOf, workbookParts, xmlRow, zip } from '../messaging/files/zip.ts';

/** Phones of the corpus, each with the letter that stands for it in texts and in outcomes. */
export const phones = {
  A: '+255712345678',
  B: '+255713345678',
  C: '+255714345678',
  D: '+255715345678',
} as const;

/**
 * A file, and what must come out of it, a line for each row: `2 A Ann` is a contact of row 2 with the phone A
 * and that name (`-` for none), behind it attributes as `City=Dodoma`, what it says about consent, and `~` with
 * what was left out. `3 ! reason` is a row that is told. `refused: words` is a refusal of the whole file.
 */
export interface Specimen {
  name: string;
  file: Buffer | string;
  outcome: string[];
  /** Words of the report: encoding, separator, number of the header row. */
  report?: string;
}

/** A text in which the letters between `<` and `>` are phones. */
const filled = (text: string): string => text.replace(/<([A-D])>/g, (_, letter) => phones[letter as 'A']);

const csv = (name: string, text: string, ...outcome: string[]): Specimen => ({
  name,
  file: filled(text),
  outcome,
});
const bytes = (name: string, file: Buffer, report: string, ...outcome: string[]): Specimen => ({
  ...{ name, file, outcome },
  ...(report ? { report } : {}),
});

/** A workbook by the library that reads; values are numbers, texts, dates and cells with a format `z`. */
function book(rows: unknown[][], edit: (sheet: WorkSheet) => void = () => undefined): Buffer {
  const sheet = utils.aoa_to_sheet(
    rows.map((row) => row.map((cell) => (typeof cell === 'string' ? filled(cell) : cell))),
  );
  edit(sheet);
  const made = utils.book_new();
  utils.book_append_sheet(made, sheet, 'S');
  return write(made, { type: 'buffer', bookType: 'xlsx' }) as Buffer;
}

/** The same made by hand, cell by cell, as a program without a library writes it. */
const handMade = (rows: string[][]): Buffer =>
  workbookOf(
    rows
      .map((row, at) =>
        xmlRow(
          at + 1,
          ...row.map((cell, column) => inline(`${utils.encode_col(column)}${at + 1}`, filled(cell))),
        ),
      )
      .join(''),
  );

/** A number with a format, as a variable's text. */
const formatted = (value: number, z: string, shown: string): Specimen =>
  bytes(
    `${value} as ${z}`,
    book([
      ['phone', 'V'],
      ['<A>', { t: 'n', v: value, z }],
    ]),
    '',
    `2 A - V=${shown}`,
  );

const noHeader = /holds a phone number where the header should be/.source;

/** Files whose first row is a contact. */
const headerless: Specimen[] = [
  csv('a phone first', '<A>,Ann,Hi\n<B>,Bob,Hi\n', `refused: Row 1 ${noHeader}`),
  csv('a phone second', 'Ann,<A>\nBob,<B>\n', `refused: Row 1 ${noHeader}`),
  csv('a phone alone', '<A>\n<B>\n', `refused: Row 1 ${noHeader}`),
  csv('a national phone', '0712345678,Ann\n', `refused: Row 1 ${noHeader}`),
  csv('a phone with blanks', '0712 345 678,Ann\n', `refused: Row 1 ${noHeader}`),
  csv('a phone with a typing error', '07123456,Ann\n', `refused: Row 1 ${noHeader}`),
  csv('semicolons', '<A>;Ann\n<B>;Bob\n', `refused: Row 1 ${noHeader}`),
  csv('blank lines first', '\n\n<A>,Ann\n', `refused: Row 3 ${noHeader}`),
  csv('words that name nothing', 'who,what\n<A>,Ann\n', 'refused: Row 1, the first, must name the columns'),
  csv('a type of phone before the phone', 'Ann,Mobile,<A>\nBob,Home,<B>\n', `refused: Row 1 ${noHeader}`),
  csv('a phone above a header', '<A>,Ann\nphone,name\n<B>,Bob\n', `refused: Row 1 ${noHeader}`),
  bytes('a workbook of texts', handMade([['<A>', 'Ann']]), '', `refused: Row 1 ${noHeader}`),
  bytes('a workbook of numbers', book([[255712345678, 'Ann']]), '', `refused: Row 1 ${noHeader}`),
  bytes(
    'a workbook of grouped numbers',
    book([[{ t: 'n', v: 255712345678, z: '#,##0' }, 'Ann']]),
    '',
    `refused: Row 1 ${noHeader}`,
  ),
];

/** Spellings of the phone's header. */
const spellings = [
  ...['phoneNumber', 'Cell Phone', 'Phone No.', 'Mobile No.', 'Contact Number', 'WhatsApp Number'],
  ...['MobilePhone', 'Primary Phone', 'Phone (mobile)', 'PHONE', 'phone_e164', 'phone-number', 'Tel.'],
  ...['Telephone Number', 'mobile', 'Customer Phone', 'MSISDN', 'Phone #', 'TELEPHONE', 'Cellphone no'],
  ...['Namba ya simu', 'Simu', 'Número de telefone', 'Telemóvel', 'Celular', 'Phone 1 - Value', ' phone '],
  ...['number', 'To', 'Recipient', 'phone:', 'Mobile Number (WhatsApp)', '"Phone"', 'contactNumber'],
].map((header) => csv(`the header ${header}`, `${header},name\n<A>,Ann\n`, '2 A Ann'));

/** Headers of other fields, in other spellings. */
const otherHeaders: Specimen[] = [
  csv('FullName', 'phone,FullName\n<A>,Ann\n', '2 A Ann'),
  csv('first and last', 'phone,First Name,LAST_NAME\n<A>,Ann,Lee\n', '2 A Ann Lee'),
  csv('Jina', 'simu;jina\n<A>;Neema\n', '2 A Neema'),
  csv('Nome Completo', 'telefone;Nome Completo\n<A>;João\n', '2 A João'),
  csv('Phone Type is one’s own', 'phone,Phone Type\n<A>,home\n', '2 A - Phone Type=home'),
  csv('own fields', 'id,phone,created_at,updatedAt\n1,<A>,x,y\n', '2 A -'),
  csv('a column without a header', 'phone,,City\n<A>,x,y\n', '2 A - Column B=x City=y'),
  csv(
    'a phone behind the last header',
    'phone,name,City <A>,Ann,x\n<B>,Bob,y\n',
    'refused: Row 1, the header, holds a phone number',
  ),
  csv(
    'examples and remarks in brackets',
    'Phone No. (with country code),"Name [optional]",City (e.g. <B>)\n<A>,Ann,x\n',
    '2 A Ann City (e.g. <B>)=x',
  ),
  csv('one name twice', 'phone,City,City\n<A>,x,y\n', 'refused: Two columns have the same name'),
];

const bare = 'A quote stands where none may';

/** Rows that are not CSV, among rows that are. */
const quotes: Specimen[] = [
  csv('feet and inches', `phone,name\n<A>,5'10"\n<B>,Bob\n`, `2 ! ${bare}`, '3 B Bob'),
  csv('a nickname', 'phone,name\n<A>,John "Jo" Doe\n<B>,Bob\n', `2 ! ${bare}`, '3 B Bob'),
  csv('a nickname in quotes', 'phone,name\n<A>,"John "Jo" Doe"\n<B>,Bob\n', `2 ! ${bare}`, '3 B Bob'),
  csv('a backslash', 'phone,name\n<A>,"John \\"Jo\\" Doe"\n<B>,Bob\n', `2 ! ${bare}`, '3 B Bob'),
  csv('a backslash at the end', 'phone,name\n<A>,"5\\""\n<B>,Bob\n', '2 ! A quote is not closed', '3 B Bob'),
  csv('Excel’s text formula', 'phone,name\n="0712345678",Ann\n<B>,Bob\n', `2 ! ${bare}`, '3 B Bob'),
  csv('a quote not closed', 'phone,name\n<A>,"Ann\n<B>,Bob\n', '2 ! A quote is not closed', '3 B Bob'),
  csv(
    'two quotes not closed',
    'phone,name\n<A>,"Ann\n<B>,"Bob\n<C>,Cid\n',
    `2 ! ${bare}`,
    '3 ! A quote is',
    '4 C Cid',
  ),
  csv('text behind a quote', 'phone,name\n<A>,"Ann"x\n<B>,Bob\n', `2 ! ${bare}`, '3 B Bob'),
  csv(
    'rows between two stray quotes',
    'phone,name\n<A>,"Ann\n<B>,Bob\n<C>,Cid"\n<D>,Dan\n',
    '2 ! A cell holds what looks like other rows',
    '3 D Dan',
  ),
  csv(
    'a phone in a text of several lines',
    'phone,City\n<A>,"Call us,\nany day, <B>\n<C>"\n',
    '2 A - City=Call us,\nany day, <B>\n<C>',
  ),
  csv('blanks around quotes', 'phone,name\n<A>, "Ann" \n', '2 A Ann'),
  csv('quotes that are doubled', 'phone,City\n<A>,"a ""b"" c"\n', '2 A - City=a "b" c'),
  csv('a comma in quotes', 'phone,City\n<A>,"a, b"\n', '2 A - City=a, b'),
  csv('a line end in quotes', 'phone,City\n<A>,"a\nb"\n<B>,c\n', '2 A - City=a\nb', '3 B - City=c'),
  csv('empty quotes', 'phone,City\n<A>,""\n', '2 A -'),
  csv('a control character', 'phone,name\n<A>,A\u0007n\n<B>,Bob\n', '2 ! Control characters', '3 B Bob'),
  csv('NUL', 'phone,name\n<A>,A\u0000n\n<B>,Bob\n', '2 ! Control characters', '3 B Bob'),
  csv('half a surrogate pair', 'phone,name\n<A>,A\ud800\n<B>,Bob\n', '2 ! Control characters', '3 B Bob'),
  csv('U+FFFD', 'phone,name\n<A>,Jos\ufffd\n<B>,Bob\n', '2 ! A character cannot be read', '3 B Bob'),
  csv(
    'too long a row',
    `phone,name\n<A>,"${'x'.repeat(1_000_001)}"\n<B>,Bob\n`,
    '2 ! The row is too long',
    '3 B Bob',
  ),
  csv('too many values', 'phone,name\n<A>,Ann,vip,new\n<B>,Bob\n', '2 ! More values than columns', '3 B Bob'),
  csv(
    'a control character in the header',
    'phone,na\u0001me\n<A>,Ann\n',
    'refused: The file is neither CSV text',
  ),
  csv('a broken header', 'phone,"name\n<A>,Ann\n', 'refused: Row 1, the first, cannot be read: A quote'),
];

/** Separators. */
const separated: Specimen[] = [
  csv('commas', 'phone,City\n<A>,x\n', '2 A - City=x'),
  csv('semicolons', 'phone;City\n<A>;x\n', '2 A - City=x'),
  csv('tabs', 'phone\tCity\n<A>\tx\n', '2 A - City=x'),
  csv(
    'commas in a header of semicolons',
    'phone;City, place;Z\n<A>;x;1\n<B>;y;2\n',
    '2 A - City, place=x Z=1',
    '3 B - City, place=y Z=2',
  ),
  csv(
    'quoted commas in a header of semicolons',
    'phone;"City, place, town"\n<A>;x\n',
    '2 A - City, place, town=x',
  ),
  csv('commas in a header of tabs', 'phone\tCity, place, town\n<A>\tx\n', '2 A - City, place, town=x'),
  csv(
    'commas in all rows of semicolons, a tie',
    'phone;City, place\n<A>;x, y\n<B>;x, z\n',
    '2 A - City, place=x, y',
    '3 B - City, place=x, z',
  ),
  csv('semicolons in all rows of commas, a tie', 'City; place,phone\nx; y,<A>\n', '2 A - City; place=x; y'),
  csv('decimal commas', 'phone;Sum\n<A>;1,50\n<B>;2,75\n', '2 A - Sum=1,50', '3 B - Sum=2,75'),
  csv(
    'commas in most messages',
    'phone;Note\n<A>;a, b\n<B>;c, d\n<C>;e\n',
    '2 A - Note=a, b',
    '3 B - Note=c, d',
    '4 C - Note=e',
  ),
  csv('a line that names it', 'sep=;\r\nphone;City\r\n<A>;a,b\r\n', '2 A - City=a,b'),
  csv('one column', 'phone\n<A>\n<B>\n', '2 A -', '3 B -'),
  csv('a title of one cell', 'Our list\nphone;City\n<A>;x,y\n', '3 A - City=x,y'),
  csv('old Mac line ends', 'phone;City\r<A>;x\r', '2 A - City=x'),
  csv('all line ends', 'phone,City\r\n<A>,x\r<B>,y\n<C>,z', '2 A - City=x', '3 B - City=y', '4 C - City=z'),
];

const chartSheet =
  '<chartsheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>';

/** A part of a workbook whose first sheet is a chart. */
const withChart = (part: Part): Part => ({
  ...part,
  data: String(part.data)
    .replace('/xl/worksheets/sheet1.xml', '/xl/chartsheets/sheet1.xml')
    .replace('spreadsheetml.worksheet+xml', 'spreadsheetml.chartsheet+xml')
    .replace(
      'relationships/worksheet" Target="worksheets/sheet1.xml',
      'relationships/chartsheet" Target="chartsheets/sheet1.xml',
    ),
});

/** What spreadsheets leave around a table. */
const around: Specimen[] = [
  csv('empty columns at the end', 'phone,City,,,\n<A>,x,,,\n', '2 A - City=x'),
  csv('empty rows at the end', 'phone,City\n<A>,x\n,\n,\n,,,,\n\n', '2 A - City=x'),
  csv('a hundred empty columns', `phone,City${','.repeat(100)}\n<A>,x${','.repeat(100)}\n`, '2 A - City=x'),
  csv('blank rows between', 'phone,City\n\n<A>,x\n , \n<B>,y\n', '3 A - City=x', '5 B - City=y'),
  csv('PK first', 'PK,phone\n1,<A>\n', '2 A - PK=1'),
  csv('PK_ID first', 'PK_ID;phone\n1;<A>\n', '2 A - PK_ID=1'),
  csv('a title', 'Members of May\nphone,City\n<A>,x\n', '3 A - City=x'),
  csv('a title and instructions', 'Members\nFill in all,\n\nphone,City\n<A>,x\n', '5 A - City=x'),
  csv('a title that names a phone', 'Mobile numbers\nphone,name\n<A>,Ann\n', '3 A Ann'),
  csv('a title with a date', 'Our list,2024-01-15\nphone,name\n<A>,Ann\n', '3 A Ann'),
  csv('dates as headers', 'phone,name,2024-01-15,1/2/2024\n<A>,Ann,x,y\n', '2 A Ann 2024-01-15=x 1/2/2024=y'),
  csv('nothing but a header', 'phone,City\n', 'refused: The file has no contacts below its header'),
  csv('nothing but blanks', ' \n , \n', 'refused: The file has no rows'),
  csv('a web page', '<html><body>phone</body></html>', 'refused: The file is a web page'),
  bytes('a PDF', Buffer.from('%PDF-1.7\nphone\n'), '', 'refused: The file is neither CSV text'),
  bytes('no bytes', Buffer.alloc(0), '', 'refused: The file is empty'),
  bytes(
    'a title in a workbook',
    handMade([['Our list'], ['phone', 'name'], ['<A>', 'Ann']]),
    'null null 2',
    '3 A Ann',
  ),
  bytes(
    'a merged title',
    book([['Our list'], ['phone', 'name'], ['<A>', 'Ann']], (sheet) => {
      sheet['!merges'] = [utils.decode_range('A1:B1')];
    }),
    'null null 2',
    '3 A Ann',
  ),
  bytes(
    'a header merged sideways',
    book(
      [
        ['phone', 'name', ''],
        ['<A>', 'Ann', 'Lee'],
      ],
      (sheet) => {
        sheet['!merges'] = [utils.decode_range('B1:C1')];
      },
    ),
    '',
    'refused: Row 1, the header, has merged cells',
  ),
  bytes(
    'a header merged downwards',
    book(
      [
        ['phone', 'name'],
        ['', 'first'],
        ['<A>', 'Ann'],
      ],
      (sheet) => {
        sheet['!merges'] = [utils.decode_range('A1:A2')];
      },
    ),
    '',
    'refused: Row 1, the header, has merged cells',
  ),
  bytes(
    'merged data',
    book(
      [
        ['phone', 'name'],
        ['<A>', 'Ann'],
        ['<B>', ''],
      ],
      (sheet) => {
        sheet['!merges'] = [utils.decode_range('B2:B3')];
      },
    ),
    'null null 1',
    '2 A Ann',
    '3 B -',
  ),
  bytes(
    'a chart first',
    zip(
      workbookParts([
        { data: '' },
        { data: xmlRow(1, inline('A1', 'phone')) + xmlRow(2, inline('A2', phones.A)) },
      ]).map((part) =>
        part.name === 'xl/worksheets/sheet1.xml'
          ? { name: 'xl/chartsheets/sheet1.xml', data: chartSheet }
          : withChart(part),
      ),
    ),
    'null null 1',
    '2 A -',
  ),
  bytes(
    'a hidden sheet first',
    zip(
      workbookParts([
        { data: xmlRow(1, inline('A1', 'a list')), state: 'hidden' },
        { data: xmlRow(1, inline('A1', 'phone')) + xmlRow(2, inline('A2', phones.A)) },
      ]),
    ),
    'null null 1',
    '2 A -',
  ),
  bytes(
    'empty columns in a workbook',
    book([
      ['phone', 'name', null, ''],
      ['<A>', 'Ann', '', ' '],
    ]),
    '',
    '2 A Ann',
  ),
];

const utf16 = (text: string) => Buffer.from(filled(text), 'utf16le');
const latin = (text: string) => Buffer.from(filled(text), 'latin1');
const text = (content: string, ...more: number[]) =>
  Buffer.concat([Buffer.from(filled(content)), Buffer.from(more)]);

/** Encodings. */
const encoded: Specimen[] = [
  bytes('UTF-8', text('phone;name\n<A>;Zoë\n'), 'UTF-8 ; 1', '2 A Zoë'),
  bytes('UTF-8 with a mark', text('\uFEFFphone;name\n<A>;Zoë\n'), 'UTF-8 ; 1', '2 A Zoë'),
  bytes('ASCII', text('phone,name\n<A>,Zoe\n'), 'UTF-8 , 1', '2 A Zoe'),
  bytes('UTF-16LE with a mark', utf16('\uFEFFphone\tname\n<A>\tZoë 東\n'), 'UTF-16LE \t 1', '2 A Zoë 東'),
  bytes('UTF-16BE with a mark', utf16('\uFEFFphone\tname\n<A>\tZoë\n').swap16(), 'UTF-16BE \t 1', '2 A Zoë'),
  bytes('UTF-16LE without a mark', utf16('phone,name\n<A>,Zoe\n'), 'UTF-16LE , 1', '2 A Zoe'),
  bytes('UTF-16BE without a mark', utf16('phone,name\n<A>,Zoe\n').swap16(), 'UTF-16BE , 1', '2 A Zoe'),
  bytes(
    'UTF-16 cut in two',
    utf16('\uFEFFphone,name\n<A>,Ann\n<B>,Zoe').subarray(0, -1),
    'UTF-16LE , 1',
    '2 A Ann',
    '3 ! A character',
  ),
  bytes(
    'Windows-1252',
    latin('phone,name\n<A>,Zo\xeb\n<B>,Jos\xe9\n'),
    'windows-1252 , 1',
    '2 A Zoë',
    '3 B José',
  ),
  bytes(
    'Windows-1252 with a euro',
    latin('phone,City\n<A>,5 \x80 \xe0\n'),
    'windows-1252 , 1',
    '2 A - City=5 € à',
  ),
  bytes(
    'a bad byte among UTF-8',
    Buffer.concat([text('phone,name\n<A>,Zoë\n<B>,Jos'), Buffer.from([0xe9]), text('\n<C>,Cid\n')]),
    'UTF-8 , 1',
    '2 A Zoë',
    '3 ! A character',
    '4 C Cid',
  ),
  bytes(
    'a bad byte behind a mark',
    Buffer.concat([text('\uFEFFphone,name\n<A>,Jos'), Buffer.from([0xe9]), text('\n<B>,Bob\n')]),
    'UTF-8 , 1',
    '2 ! A character',
    '3 B Bob',
  ),
  bytes(
    'cut within a character',
    text('phone,name\n<A>,Ann\n<B>,Jos', 0xc3),
    'UTF-8 , 1',
    '2 A Ann',
    '3 ! A character',
  ),
  bytes(
    'cut within a long character',
    text('phone,name\n<A>,Ann\n<B>,x', 0xf0, 0x9f, 0x99),
    'UTF-8 , 1',
    '2 A Ann',
    '3 ! A character',
  ),
  bytes(
    'a byte that Windows-1252 lacks',
    Buffer.concat([text('phone,name\n<A>,J'), Buffer.from([0x81, 0xe9]), text('\n<B>,Bob\n')]),
    'UTF-8 , 1',
    '2 ! A character',
    '3 B Bob',
  ),
  bytes(
    'an overlong character',
    Buffer.concat([text('phone,name\n<A>,Zoë\n<B>,'), Buffer.from([0xc0, 0xaf]), text('\n')]),
    'UTF-8 , 1',
    '2 A Zoë',
    '3 ! A character',
  ),
  bytes('decomposed letters', text('phone,name\n<A>,Zoe\u0308\n'), 'UTF-8 , 1', '2 A Zoë'),
];

/** Numbers as Excel shows them. */
const numbers: Specimen[] = [
  formatted(1234567, '#,##0', '1,234,567'),
  formatted(-1234567, '#,##0', '-1,234,567'),
  formatted(1234567.5, '#,##0.00', '1,234,567.50'),
  formatted(-1234567.5, '#,##0.00', '-1,234,567.50'),
  formatted(12345678901, '#,##0', '12,345,678,901'),
  formatted(5, '0000', '0005'),
  formatted(0, '0.00', '0.00'),
  formatted(0.256, '0%', '26%'),
  formatted(-0.256, '0.0%', '-25.6%'),
  formatted(2500000, '"TSh" #,##0', 'TSh 2,500,000'),
  formatted(-2500000, '#,##0;(#,##0)', '(2,500,000)'),
  formatted(1234567, '0.00E+00', '1.23E+06'),
  formatted(45000, 'yyyy-mm-dd', '2023-03-15'),
  formatted(0.5, 'h:mm', '12:00'),
  formatted(1500000, '0.0,,"M"', '1.5M'),
  formatted(12.5, '# ?/?', '12 1/2'),
  formatted(12.5, 'General', '12.5'),
  formatted(1234567890123, 'General', '1234567890123'),
  formatted(-1234567890123, 'General', '-1234567890123'),
  formatted(0.1 + 0.2, 'General', '0.3'),
  formatted(-7, 'General', '-7'),
  formatted(42, '@', '42'),
];

const phoneNumber = (name: string, v: number, z: string, ...outcome: string[]): Specimen =>
  bytes(
    name,
    book([
      ['phone', 'name'],
      [{ t: 'n', v, z }, 'Ann'],
    ]),
    '',
    ...outcome,
  );

/** Phones that Excel took for numbers. */
const phoneNumbers: Specimen[] = [
  phoneNumber('a phone as General', 255712345678, 'General', '2 A Ann'),
  phoneNumber('a phone with groups', 255712345678, '#,##0', '2 A Ann'),
  phoneNumber('a phone with an exponent', 255712345678, '0.00E+00', '2 A Ann'),
  phoneNumber('a national phone', 712345678, 'General', '2 A Ann'),
  phoneNumber('a national phone with zeros', 712345678, '0000000000', '2 A Ann'),
  phoneNumber('a national phone with dashes', 712345678, '0000-000-000', '2 A Ann'),
  phoneNumber('a phone with places', 255712345678, '0.00', '2 A Ann'),
  phoneNumber('a fraction', 712345678.5, 'General', '2 ! Invalid phone'),
  phoneNumber('a fraction shown whole', 712345678.4, '0', '2 ! Invalid phone'),
  phoneNumber('a date', 45000, 'yyyy-mm-dd', '2 ! Invalid phone'),
  phoneNumber('too many digits', 2557123456789012, 'General', '2 ! Invalid phone'),
];

const keptPhone = '~A phone number that is not valid was kept as an attribute';

/** Address books. */
const addressBooks: Specimen[] = [
  csv('Google: two in a cell', 'Name,Phone 1 - Value\nAnn,<A> ::: <B>\n', '2 A Ann Phone 1 - Value=<B>'),
  csv(
    'Google: three in a cell',
    'Name,Phone 1 - Value\nAnn,<A> ::: <B> ::: <C>\n',
    '2 A Ann Phone 1 - Value=<B> ::: <C>',
  ),
  csv('Google: the second filled', 'Name,Phone 1 - Value,Phone 2 - Value\nAnn,,<B>\n', '2 B Ann'),
  csv(
    'Google: both filled',
    'Name,Phone 1 - Value,Phone 2 - Value\nAnn,<A>,<B>\n',
    '2 A Ann Phone 2 - Value=<B>',
  ),
  csv(
    'Google: the first unusable',
    'Name,Phone 1 - Value,Phone 2 - Value\nAnn,*123#,<B>\n',
    `2 B Ann Phone 1 - Value=*123# ${keptPhone}`,
  ),
  csv(
    'Google: the first in a cell unusable',
    'Name,Phone 1 - Value\nAnn,123 ::: <B>\n',
    `2 B Ann Phone 1 - Value=123 ${keptPhone}`,
  ),
  csv('Google: one number twice', 'Name,Phone 1 - Value,Phone 2 - Value\nAnn,<A>,0712 345 678\n', '2 A Ann'),
  csv(
    'Google: no number',
    'Name,Phone 1 - Value,Phone 2 - Value\nAnn,,\n',
    '2 ! Missing required field: phone_e164',
  ),
  csv(
    'Google: none usable',
    'Name,Phone 1 - Value,Phone 2 - Value\nAnn,1,2\n',
    '2 ! Invalid phone number format',
  ),
  csv(
    'Google: its types',
    'Name,Phone 1 - Type,Phone 1 - Value\nAnn,Mobile,<A>\n',
    '2 A Ann Phone 1 - Type=Mobile',
  ),
  csv('Google: first, middle and last', 'First Name,Last Name,Phone 1 - Value\nAnn,Lee,<A>\n', '2 A Ann Lee'),
  csv(
    'Outlook: a landline first',
    'Name,Home Phone,Mobile Phone\nAnn,+255222123456,<A>\n',
    '2 A Ann Home Phone=+255222123456',
  ),
  csv('two of a name', 'phone,mobile\n<A>,<B>\n', '2 A - mobile=<B>'),
];

/** Values without which a contact is kept. */
const leftOut: Specimen[] = [
  csv('a name with a line break', 'phone,name\n<A>,"An\nn"\n', '2 A - ~Invalid name: imported without it'),
  csv(
    'an e-mail n/a',
    'phone,name,email\n<A>,Ann,n/a\n',
    '2 A Ann ~Invalid email address: imported without it',
  ),
  csv(
    'an e-mail without a domain',
    'phone,name,email\n<A>,Ann,ann@\n',
    '2 A Ann ~Invalid email address: imported without it',
  ),
  csv('a long name', `phone,name\n<A>,${'x'.repeat(256)}\n`, '2 A - ~Invalid name: imported without it'),
  csv(
    'a long tag',
    `phone,name,tags\n<A>,Ann,${'x'.repeat(65)}\n`,
    '2 A Ann ~Invalid tags: imported without them',
  ),
  csv(
    'a long value',
    `phone,name,City\n<A>,Ann,${'x'.repeat(1_001)}\n`,
    '2 A Ann ~A value is longer than 1000 characters',
  ),
  csv(
    'a first name with a line break',
    'phone,first_name,last_name\n<A>,"A\nnn",Lee\n',
    '2 A - ~Invalid name: imported without it',
  ),
];

/** Columns of consent with values for each of what they can say. */
const consentColumns: [string, string, string][] = [
  ['opted_out_at', '2025-01-01T00:00:00Z', 'out'],
  ['opted_out_at', '', ''],
  ['opt_out', '✔', 'out'],
  ['opt_out', '-', ''],
  ['opt_out', '1.0', 'out'],
  ['opt_out', '0.0', ''],
  ['opted_out_at', 'null', ''],
  ['Opted Out At', 'yes', 'out'],
  ['optedOutAt', '1/2/24', 'out'],
  ['unsubscribed', 'true', 'out'],
  ['Unsubscribed', 'No', ''],
  ['unsubscribed_at', '2024-05-01', 'out'],
  ['opt_out', '1', 'out'],
  ['opt-out', 'X', 'out'],
  ['OptOut', '0', ''],
  ['Opted Out', 'TRUE', 'out'],
  ['is_active', 'false', 'inactive'],
  ['Is Active', 'no', 'inactive'],
  ['isActive', '1', ''],
  ['active', 'N', 'inactive'],
  ['Do Not Contact', 'yes', 'out'],
  ['subscribed', 'no', 'out'],
  ['SMS consent', 'yes', ''],
  ['Opt-in', 'false', 'out'],
  ['Subscription Status', 'Unsubscribed', 'out'],
  ['Subscription Status', 'subscribed', ''],
  ['amejiondoa', 'ndiyo', 'out'],
  ['Amejiondoa', 'hapana', ''],
  ['hai', 'hapana', 'inactive'],
  ['idhini', 'ndio', ''],
  ['Descadastrado', 'Sim', 'out'],
  ['descadastrado', 'Não', ''],
  ['Ativo', 'não', 'inactive'],
  ['ativo', 'sim', ''],
  ['Não contactar', 'verdadeiro', 'out'],
];
const consent: Specimen[] = [
  ...consentColumns.map(([header, value, said]) =>
    csv(
      `${header}: ${value}`,
      `phone;name;${header}\n<A>;Ann;${value}\n`,
      `2 A Ann${said ? ` ${said}` : ''}`,
    ),
  ),
  csv('out by a second row', 'phone,name,opt_out\n<A>,Ann,\n<A>,Ann,yes\n', '2 A Ann out', '3 A Ann out'),
  csv('out by the first row', 'phone,opt_out\n<A>,yes\n0712345678,no\n', '2 A - out', '3 A - out'),
  csv('inactive by a second row', 'phone,active\n<A>,yes\n<A>,no\n', '2 A - inactive', '3 A - inactive'),
  csv('out by one of two columns', 'phone,opt_out,unsubscribed\n<A>,no,yes\n', '2 A - out'),
  csv(
    'not understood',
    'phone,opt_out\n<A>,perhaps\n<B>,no\n',
    '2 ! opted_out_at must be true or false',
    '3 B -',
  ),
  csv(
    'out by a row with a value too many, at its end',
    'phone,opt_out\n<A>,yes,x\n<A>,no\n',
    '2 ! More values than columns',
    '3 A - out',
  ),
  csv(
    'out by a row with a value too many, before what it says',
    'name,phone,opt_out\nDoe, Ann,<A>,yes\nAnn,<A>,\n',
    '2 ! More values than columns',
    '3 A Ann out',
  ),
  csv(
    'a row with a value too many of which it is unknown what it says',
    'phone,vip,opt_out\n<A>,no,yes,no\n<A>,,no\n<B>,,no\n',
    '2 ! More values than columns',
    '3 A - unread',
    '4 B -',
  ),
  csv(
    'a row with a value too many that says nothing',
    'phone,opt_out,Note\n<A>,no,tall, old\n<A>,,tall\n',
    '2 ! More values than columns',
    '3 A - Note=tall',
  ),
  csv(
    'out by a row with a stray quote',
    'phone,Height,opt_out\n<A>,5\'10",yes\n<A>,,\n',
    '2 ! A quote stands',
    '3 A - out',
  ),
  csv(
    'out by a row with a quote that is not closed',
    'phone,City,opt_out\n<A>,,\n<A>,"Doe, x,yes\n',
    '2 A - out',
    '3 ! A quote is not closed',
  ),
  csv(
    'out by a row with a control character',
    'phone,City,opt_out\n<A>,a\u0007,yes\n<A>,,\n',
    '2 ! Control characters',
    '3 A - out',
  ),
  csv(
    'out by a row with a lost character',
    'phone,City,opt_out\n<A>,Jos\ufffd,yes\n<A>,,\n',
    '2 ! A character cannot be read',
    '3 A - out',
  ),
  csv(
    'out by a row with too many columns',
    `phone,opt_out\n<A>,yes${',x'.repeat(70)}\n<A>,\n`,
    '2 ! More than 64 columns',
    '3 A - out',
  ),
  csv(
    'out by a row inside a cell',
    'phone,City,opt_out\n<A>,"x,\n<B>,y,yes\n<C>,z",\n<B>,,\n<C>,,\n',
    '2 ! A cell holds what looks like other rows',
    '3 B - out',
    '4 C -',
  ),
  bytes(
    'out by a row of a workbook with an error in a cell',
    book([
      ['phone', 'Sum', 'opt_out'],
      ['<A>', { t: 'e', v: 7, w: '#DIV/0!' }, 'yes'],
      ['<A>', 1, 'no'],
    ]),
    '',
    '2 ! Cell B2 holds an error',
    '3 A - Sum=1 out',
  ),
  csv('a question mark', 'phone,opt_out\n<A>,?\n<B>,no\n', '2 ! opted_out_at must be true or false', '3 B -'),
  csv('ten', 'phone,opt_out\n<A>,10\n', '2 ! opted_out_at must be true or false'),
  csv(
    'not understood in a second row',
    'phone,opt_out\n<A>,no\n<A>,?!maybe\n',
    '2 A - unread',
    '3 ! opted_out_at must be',
  ),
  bytes(
    'a yes of a workbook',
    book([
      ['phone', 'opt_out'],
      ['<A>', true],
      ['<B>', false],
    ]),
    '',
    '2 A - out',
    '3 B -',
  ),
  bytes(
    'numbers of a workbook',
    book([
      ['phone', 'opt_out'],
      ['<A>', 1],
      ['<B>', 0],
    ]),
    '',
    '2 A - out',
    '3 B -',
  ),
];

/** Files that people send: small, each with what must come out of it. */
export const corpus = (): (Specimen & { group: string })[] =>
  Object.entries({
    ...{ headerless, spellings, otherHeaders, quotes, separated, around, encoded, numbers, phoneNumbers },
    ...{ addressBooks, leftOut, consent },
  }).flatMap(([group, specimens]) => specimens.map((one) => ({ group, ...one })));
