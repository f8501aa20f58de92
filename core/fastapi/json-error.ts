/** A fault of a text that is not JSON, worded as by Python's `json` module, which FastAPI quotes. */
export interface JsonError {
  message: string;
  /** Index of the fault in code points, from 0. */
  position: number;
  line: number;
  column: number;
}

class Fault extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

const spacePattern = /[ \t\n\r]*/y;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const literalPattern = /null|true|false/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in a string
const plainPattern = /[^"\\\u0000-\u001f]*/y;

/** Index after the match of a sticky pattern at `index`; `index` itself if it does not match. */
function endOf(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  const match = pattern.exec(text);
  return match ? index + match[0].length : index;
}

/** Reads a string whose opening quote is at `index - 1`. Returns the index after it. */
function string(text: string, index: number): number {
  const start = index - 1;
  let end = index;
  // Ends with the text at the latest, since each round moves `end` forward.
  for (;;) {
    end = endOf(plainPattern, text, end);
    const next = text[end];
    if (next === undefined) throw new Fault('Unterminated string starting at', start);
    if (next === '"') return end + 1;
    if (next !== '\\') throw new Fault('Invalid control character at', end);
    const escaped = text[end + 1];
    if (escaped === undefined) throw new Fault('Unterminated string starting at', start);
    if (escaped !== 'u') {
      if (!'"\\/bfnrt'.includes(escaped)) throw new Fault('Invalid \\escape', end);
      end += 2;
    } else {
      if (!/^[0-9a-fA-F]{4}/.test(text.slice(end + 2, end + 6)))
        throw new Fault('Invalid \\uXXXX escape', end + 1);
      end += 6;
    }
  }
}

function object(text: string, index: number): number {
  let end = endOf(spacePattern, text, index);
  if (text[end] === '}') return end + 1;
  // Ends with the text at the latest, since each round reads a member.
  for (;;) {
    if (text[end] !== '"') throw new Fault('Expecting property name enclosed in double quotes', end);
    end = endOf(spacePattern, text, string(text, end + 1));
    if (text[end] !== ':') throw new Fault("Expecting ':' delimiter", end);
    end = endOf(spacePattern, text, value(text, endOf(spacePattern, text, end + 1)));
    if (text[end] === '}') return end + 1;
    if (text[end] !== ',') throw new Fault("Expecting ',' delimiter", end);
    end = endOf(spacePattern, text, end + 1);
  }
}

function array(text: string, index: number): number {
  let end = endOf(spacePattern, text, index);
  if (text[end] === ']') return end + 1;
  // Ends with the text at the latest, since each round reads an element.
  for (;;) {
    end = endOf(spacePattern, text, value(text, end));
    if (text[end] === ']') return end + 1;
    if (text[end] !== ',') throw new Fault("Expecting ',' delimiter", end);
    end = endOf(spacePattern, text, end + 1);
  }
}

/** Reads the value that starts at `index`. Returns the index after it. */
function value(text: string, index: number): number {
  if (text[index] === '"') return string(text, index + 1);
  if (text[index] === '{') return object(text, index + 1);
  if (text[index] === '[') return array(text, index + 1);
  const end = Math.max(endOf(literalPattern, text, index), endOf(numberPattern, text, index));
  if (end === index) throw new Fault('Expecting value', index);
  return end;
}

/**
 * The first fault of a text, or `undefined` if Python accepts it as JSON, or it is nested too deeply. Rules
 * and wording are CPython's: Lib/json/decoder.py and Modules/_json.c of 3.11.
 */
export function jsonError(text: string): JsonError | undefined {
  try {
    const end = endOf(spacePattern, text, value(text, endOf(spacePattern, text, 0)));
    if (end !== text.length) throw new Fault('Extra data', end);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) return undefined;
    const before = text.slice(0, error.position);
    const lastBreak = before.lastIndexOf('\n');
    return {
      message: error.message,
      position: [...before].length,
      line: before.split('\n').length,
      column: [...before.slice(lastBreak + 1)].length + 1,
    };
  }
}
