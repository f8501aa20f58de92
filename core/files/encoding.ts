import { isUtf8 } from 'node:buffer';

/** Encodings in which files are read. */
export const encodings = ['UTF-8', 'UTF-16LE', 'UTF-16BE', 'windows-1252'] as const;
export type Encoding = (typeof encodings)[number];

/** What stands in a decoded text for bytes that are not text in its encoding (Unicode Standard §3.9). */
export const replacementCharacter = '\uFFFD';

/** Bytes that Windows-1252 gives no character (WHATWG Encoding Standard maps them to control characters). */
const undefinedInWindows1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/** Bytes that are looked at for UTF-16 without a byte order mark. */
const sampleBytes = 200;

/** UTF-16 of mostly ASCII text, such as a header, by its zero bytes: in each second place, and only there. */
function utf16WithoutMark(file: Buffer): Encoding | undefined {
  const sample = file.subarray(0, Math.min(sampleBytes, file.length - (file.length % 2)));
  if (sample.length < 4) return undefined;
  const zerosAt = (parity: number) => sample.filter((byte, at) => at % 2 === parity && byte === 0).length;
  const half = sample.length / 2;
  if (zerosAt(0) === 0 && zerosAt(1) === half) return 'UTF-16LE';
  return zerosAt(1) === 0 && zerosAt(0) === half ? 'UTF-16BE' : undefined;
}

/** The beginning of a character of UTF-8 at the end (Unicode Standard, table 3-7). */
const cutCharacterPattern = /[\xc2-\xf4][\x80-\xbf]{0,2}$/;

/**
 * Encoding of a file that is neither UTF-8 throughout nor UTF-16. It is Windows-1252 only if nothing
 * contradicts that: a character in UTF-8, a byte that Windows-1252 does not have, or an end within a
 * character of UTF-8 are signs of UTF-8 with damaged bytes.
 *
 * @param lossy the file read as UTF-8.
 */
function oldEncoding(file: Buffer, lossy: string): Encoding {
  const hasUtf8 = /[^\0-\x7f\uFFFD]/.test(lossy);
  const isCut =
    lossy.indexOf(replacementCharacter) === lossy.length - 1 &&
    cutCharacterPattern.test(file.subarray(-3).toString('latin1'));
  const isUndefined = file.some((byte) => undefinedInWindows1252.has(byte));
  return hasUtf8 || isCut || isUndefined ? 'UTF-8' : 'windows-1252';
}

function encodingOf(file: Buffer): Encoding {
  if (file[0] === 0xff && file[1] === 0xfe) return 'UTF-16LE';
  if (file[0] === 0xfe && file[1] === 0xff) return 'UTF-16BE';
  if (file.subarray(0, 3).equals(Buffer.from('efbbbf', 'hex'))) return 'UTF-8';
  const utf16 = utf16WithoutMark(file);
  if (utf16) return utf16;
  return isUtf8(file) ? 'UTF-8' : oldEncoding(file, new TextDecoder('utf-8').decode(file));
}

/**
 * Decodes a text by its byte order mark, else by its bytes. Bytes that are not text in that encoding become
 * U+FFFD, so that the rows concerned can be told and the others keep their text.
 */
export function decodeText(file: Buffer): { text: string; encoding: Encoding } {
  const encoding = encodingOf(file);
  return { text: new TextDecoder(encoding.toLowerCase()).decode(file), encoding };
}
