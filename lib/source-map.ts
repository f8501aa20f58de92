import { present } from '../core/invariant.ts';

/** The parts of a source map (ECMA-426) that place a stack frame. */
interface SourceMap {
  sources: string[];
  /** Segments in base 64: `,` between those of one generated line, `;` between lines. */
  mappings: string;
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = Buffer.alloc(128);
for (const [value, digit] of [...digits].entries()) values.writeUInt8(value, digit.charCodeAt(0));

/**
 * The numbers of a segment: five bits in each digit, lowest first; the lowest bit of a number is its sign
 * (VLQ).
 */
function decoded(segment: string): number[] {
  const numbers: number[] = [];
  let [bits, shift] = [0, 0];
  for (let at = 0; at < segment.length; at += 1) {
    const digit = values.readUInt8(segment.charCodeAt(at));
    bits |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(bits & 1 ? -(bits >>> 1) : bits >>> 1);
    [bits, shift] = [0, 0];
  }
  return numbers;
}

function encoded(number: number): string {
  let bits = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = '';
  // Ends: each round takes five bits off.
  do {
    text += digits.charAt((bits & 31) | (bits > 31 ? 32 : 0));
    bits >>>= 5;
  } while (bits > 0);
  return text;
}

/**
 * Cuts a source map down to what names the file and the line of a stack frame in our own code: one segment
 * for each run of code from the same line, and no names, columns, or lines of libraries. That leaves 2 % of
 * what esbuild writes.
 *
 * @param map the text of a map whose segments are in the order of the generated code, as esbuild writes them.
 * @param nameOf the name of a source for the stack frames, or undefined for one that they need not name.
 */
export function linesOnly(map: string, nameOf: (source: string) => string | undefined): string {
  const { sources, mappings } = JSON.parse(map) as SourceMap;
  const names = sources.map(nameOf);
  const kept = names.filter((name) => name !== undefined);
  const indexes = names.map((name) => (name === undefined ? -1 : kept.indexOf(name)));
  // A segment's numbers are differences from those before: of the column within its line, of the others
  // within the map.
  let [source, line, keptSource, keptLine] = [0, 0, 0, 0];
  const shortened = mappings.split(';').map((segments) => {
    let [column, keptColumn, last] = [0, 0, ''];
    const result: string[] = [];
    for (const segment of segments ? segments.split(',') : []) {
      const [columns = 0, sourcesOn = 0, linesOn = 0] = decoded(segment);
      column += columns;
      source += sourcesOn;
      line += linesOn;
      const index = present(indexes[source], 'a segment names a source of its map');
      const place = index < 0 ? 'library' : `${index}:${line}`;
      if (place === last) continue;
      last = place;
      // A segment of one number says that no source is known from here on.
      const origin = index < 0 ? '' : `${encoded(index - keptSource)}${encoded(line - keptLine)}A`;
      result.push(encoded(column - keptColumn) + origin);
      keptColumn = column;
      if (index >= 0) [keptSource, keptLine] = [index, line];
    }
    return result.join(',');
  });
  return JSON.stringify({ version: 3, sources: kept, names: [], mappings: shortened.join(';') });
}
