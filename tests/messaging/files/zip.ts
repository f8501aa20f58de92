import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a zip file, with what it claims of itself where that is not the truth. */
export interface Part {
  name: string;
  data: Buffer | string;
  stored?: boolean;
  /** The size that the directory declares. */
  size?: number;
  /** The packed size that it declares. */
  packed?: number;
  flags?: number;
  method?: number;
  /** The entry whose bytes are this one's, by its position. */
  shares?: number;
}

interface Ending {
  /** The number of entries that the end declares. */
  count?: number;
  directory?: number;
  comment?: string;
}

function localHeader(part: Part, data: Buffer, packed: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(part.flags ?? 0, 6);
  header.writeUInt16LE(part.method ?? (part.stored ? 0 : 8), 8);
  header.writeUInt32LE(crc32(data), 14);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(data.length, 22);
  header.writeUInt16LE(Buffer.byteLength(part.name), 26);
  return Buffer.concat([header, Buffer.from(part.name)]);
}

function directoryEntry(part: Part, data: Buffer, packed: Buffer, offset: number): Buffer {
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 4);
  entry.writeUInt16LE(20, 6);
  entry.writeUInt16LE(part.flags ?? 0, 8);
  entry.writeUInt16LE(part.method ?? (part.stored ? 0 : 8), 10);
  entry.writeUInt32LE(crc32(data), 16);
  entry.writeUInt32LE(part.packed ?? packed.length, 20);
  entry.writeUInt32LE(part.size ?? data.length, 24);
  entry.writeUInt16LE(Buffer.byteLength(part.name), 28);
  entry.writeUInt32LE(offset, 42);
  return Buffer.concat([entry, Buffer.from(part.name)]);
}

/** A zip file made by hand, so that it can lie. */
export function zip(parts: Part[], ending: Ending = {}): Buffer {
  const body: Buffer[] = [];
  const entries: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const part of parts) {
    const data = Buffer.from(part.data as string);
    const packed = part.stored ? data : deflateRawSync(data);
    const offset = part.shares === undefined ? at : (offsets[part.shares] ?? 0);
    offsets.push(offset);
    entries.push(directoryEntry(part, data, packed, offset));
    if (part.shares !== undefined) continue;
    const local = Buffer.concat([localHeader(part, data, packed), packed]);
    body.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const comment = Buffer.from(ending.comment ?? '');
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(ending.count ?? parts.length, 8);
  end.writeUInt16LE(ending.count ?? parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(ending.directory ?? at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...body, directory, end, comment]);
}

const SHEET_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

/** The parts of a workbook whose sheets have this XML between `<sheetData>` and its end. */
export function workbookParts(sheets: { data: string; state?: string; after?: string }[]): Part[] {
  const numbers = sheets.map((_, index) => index + 1);
  const overrides = numbers.map(
    (n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${SHEET_TYPE}.worksheet+xml"/>`,
  );
  const relations = numbers.map(
    (n) => `<Relationship Id="rId${n}" Type="${RELATION}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
  );
  const names = sheets.map(
    ({ state }, index) =>
      `<sheet name="S${index + 1}" sheetId="${index + 1}"${state ? ` state="${state}"` : ''} r:id="rId${index + 1}"/>`,
  );
  return [
    {
      name: '[Content_Types].xml',
      data: `<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${SHEET_TYPE}.sheet.main+xml"/>${overrides.join('')}</Types>`,
    },
    {
      name: '_rels/.rels',
      data: `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    },
    {
      name: 'xl/workbook.xml',
      data: `<workbook xmlns="${MAIN}" xmlns:r="${RELATION}"><sheets>${names.join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      data: `<Relationships xmlns="${PACKAGE}/relationships">${relations.join('')}</Relationships>`,
    },
    ...sheets.map(({ data, after = '' }, index) => ({
      name: `xl/worksheets/sheet${index + 1}.xml`,
      data: `<worksheet xmlns="${MAIN}"><sheetData>${data}</sheetData>${after}</worksheet>`,
    })),
  ];
}

/** A text cell with its text in it. */
export const inline = (place: string, text: string) =>
  `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;

export const xmlRow = (n: number, ...cells: string[]) => `<row r="${n}">${cells.join('')}</row>`;

/** A workbook of one sheet, and what else is in the zip. */
export const workbookOf = (data: string, more: Part[] = []): Buffer =>
  zip([...workbookParts([{ data }]), ...more]);
