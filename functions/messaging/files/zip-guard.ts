import { inflateRawSync } from 'node:zlib';
import { unreadable } from '../errors.ts';

/**
 * Limits far above a genuine workbook of 50,000 rows. A zip bomb is refused by the sizes that its directory
 * declares, before anything is unpacked; if the directory lies, unpacking stops at the declared size.
 */
const zipLimits = { entriesMax: 200, partBytesMax: 64 * 1024 * 1024, totalBytesMax: 96 * 1024 * 1024 };

/** Signatures and sizes of a zip file's records (PKWARE's APPNOTE.TXT §4.3). */
const endRecord = { signature: 0x06054b50, bytes: 22, commentMax: 0xffff };
const centralHeader = { signature: 0x02014b50, bytes: 46 };
const localHeader = { signature: 0x04034b50, bytes: 30 };
const encryptedMask = 0x0001;
const storedMethodCode = 0;
const deflatedMethodCode = 8;

interface Entry {
  name: string;
  method: number;
  packed: number;
  size: number;
  /** Offset of its local header. */
  offset: number;
}

const damaged = () => unreadable('The file is damaged or incomplete: save it again and send that');
const tooLarge = () => unreadable('The workbook is too large when unpacked: split it into several files');

function endOf(file: Buffer): number {
  const earliest = Math.max(0, file.length - endRecord.bytes - endRecord.commentMax);
  for (let at = file.length - endRecord.bytes; at >= earliest; at--) {
    // Without a comment that ends with the file, these bytes are not the record but part of a comment.
    if (
      file.readUInt32LE(at) === endRecord.signature &&
      at + endRecord.bytes + file.readUInt16LE(at + 20) === file.length
    )
      return at;
  }
  throw damaged();
}

function entryAt(file: Buffer, at: number, end: number): { entry: Entry; next: number } {
  if (at + centralHeader.bytes > end || file.readUInt32LE(at) !== centralHeader.signature) throw damaged();
  if (file.readUInt16LE(at + 8) & encryptedMask)
    throw unreadable('The workbook is protected by a password: save it without one');
  const nameBytes = file.readUInt16LE(at + 28);
  const next = at + centralHeader.bytes + nameBytes + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  if (next > end) throw damaged();
  const entry = {
    name: file.toString('utf8', at + centralHeader.bytes, at + centralHeader.bytes + nameBytes),
    method: file.readUInt16LE(at + 10),
    packed: file.readUInt32LE(at + 20),
    size: file.readUInt32LE(at + 24),
    offset: file.readUInt32LE(at + 42),
  };
  return { entry, next };
}

function entriesOf(file: Buffer): { entries: Entry[]; directory: number } {
  const end = endOf(file);
  const count = file.readUInt16LE(end + 10);
  const directory = file.readUInt32LE(end + 16);
  // Larger numbers would need zip64 records, which no workbook within our limits has.
  if (count === 0xffff || directory === 0xffffffff || count > zipLimits.entriesMax) throw tooLarge();
  const entries: Entry[] = [];
  let at = directory;
  for (let index = 0; index < count; index++) {
    const { entry, next } = entryAt(file, at, end);
    entries.push(entry);
    at = next;
  }
  if (at !== end) throw damaged();
  return { entries, directory };
}

/** Offset of an entry's packed bytes. */
function startOf(file: Buffer, { offset }: Entry, directory: number): number {
  if (offset + localHeader.bytes > directory || file.readUInt32LE(offset) !== localHeader.signature)
    throw damaged();
  return offset + localHeader.bytes + file.readUInt16LE(offset + 26) + file.readUInt16LE(offset + 28);
}

/**
 * Refuses entries that overlap: a small file can unpack to a large size through shared bytes (David Fifield's
 * "better zip bomb").
 */
function checkPlaces(file: Buffer, entries: Entry[], directory: number): void {
  let free = 0;
  for (const entry of entries.toSorted((one, other) => one.offset - other.offset)) {
    if (entry.offset < free) throw damaged();
    free = startOf(file, entry, directory) + entry.packed;
    if (free > directory) throw damaged();
  }
}

function unpack(packed: Buffer, { method, size }: Entry): Buffer {
  if (method === storedMethodCode) return packed;
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw damaged();
  }
}

/**
 * Checks that a zip file unpacks to the sizes that it declares, within our limits.
 *
 * @returns its parts by name, each as a function that unpacks it again. Every part was unpacked once as a
 * check.
 * @throws Problem for a file that is damaged, encrypted or too large; within milliseconds if it declares too
 * much.
 */
export function guardedZip(file: Buffer): Map<string, () => Buffer> {
  const { entries, directory } = entriesOf(file);
  if (entries.some(({ size }) => size > zipLimits.partBytesMax)) throw tooLarge();
  if (entries.reduce((sum, { size }) => sum + size, 0) > zipLimits.totalBytesMax) throw tooLarge();
  if (entries.some(({ method }) => method !== storedMethodCode && method !== deflatedMethodCode))
    throw damaged();
  checkPlaces(file, entries, directory);
  const parts = new Map<string, () => Buffer>();
  for (const entry of entries) {
    if (parts.has(entry.name)) throw damaged();
    const start = startOf(file, entry, directory);
    const part = () => unpack(file.subarray(start, start + entry.packed), entry);
    if (part().length !== entry.size) throw damaged();
    parts.set(entry.name, part);
  }
  return parts;
}
