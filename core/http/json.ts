import { bodyFlaw, type InputIssue } from './problem.ts';
import { repeatedName } from './repeated-name.ts';

/** A number of a JSON text that differs from the number that JavaScript makes of it. */
class InexactNumber {}

/** Keys that reach an object's prototype wherever code copies or merges objects. */
const forbiddenKeys: readonly string[] = ['__proto__', 'constructor'];

/** Longer numbers are not looked at: no number of so many digits is held exactly, but for its zeros. */
const numberLengthMax = 400;

/** A decimal number as its digits without zeros around them, and the power of ten of the last of them. */
function decimal(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const power = Number(exponent) - fraction.length + digits.length - end;
  return end === 0 ? '0' : `${digits.slice(0, end)}e${power}`;
}

/** True if a number is written as it is read, but for zeros and the spelling of its exponent. */
const isExact = (source: string, value: number): boolean =>
  String(value) === source ||
  (Number.isFinite(value) && source.length <= numberLengthMax && decimal(source) === decimal(String(value)));

/** Finds inexact numbers and forbidden keys, in the order of the text. */
function* flawsIn(value: unknown, path: (string | number)[]): Generator<InputIssue> {
  if (value instanceof InexactNumber) {
    const where = path.join('.') || 'The body';
    yield bodyFlaw(path, `${where} has more digits than a number holds exactly`, Number.NaN);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (forbiddenKeys.includes(key)) yield bodyFlaw(at, `${at.join('.')} is not allowed as a name`, inner);
      else yield* flawsIn(inner, at);
    }
  }
}

/** Refuses a text in which an object has two members of one name: one of their values would be lost. */
function repetitionIn(text: string): InputIssue[] {
  const path = repeatedName(text);
  return path ? [bodyFlaw(path, `${path.join('.')} comes more than once in its object`)] : [];
}

/**
 * Parses a JSON text without a loss. Numbers that JavaScript would round, keys that reach a prototype, and
 * names that come twice in an object are issues.
 *
 * @returns the value, and the issues with the paths of such numbers and keys, and of the first such name.
 * @throws SyntaxError for a text that is not JSON, RangeError for one that is nested too deeply.
 */
export function parseJson(text: string): { value: unknown; issues: InputIssue[] } {
  let flawed = false;
  // A reviver's third parameter has the text of a number (ECMAScript, JSON.parse source text access), which
  // TypeScript does not know yet.
  const marking = (key: string, value: unknown, context?: { source?: string }) => {
    flawed ||= forbiddenKeys.includes(key);
    if (typeof value !== 'number' || isExact(context?.source ?? '', value)) return value;
    flawed = true;
    return new InexactNumber();
  };
  const value: unknown = JSON.parse(text, marking);
  return { value, issues: [...(flawed ? flawsIn(value, []) : []), ...repetitionIn(text)] };
}

/** A JSON value with the keys of all its objects in one order, so that equal values have equal texts. */
export function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inKeyOrder(inner)]));
}
