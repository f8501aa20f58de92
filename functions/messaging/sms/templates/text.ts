import { present } from '../../../../core/invariant.ts';

/**
 * A name in exactly two braces, or braces in a row that are no part of one. Every text is a sequence of these
 * and of other characters, so what the second half matches would reach a recipient as it stands.
 */
const bracesPattern = /\{\{([^{}]*)\}\}(?!\})|\{\{+|\}\}+/g;
const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63}$/u;

/** Normalises a variable's name: the column `First Name` is the variable `{{first_name}}`. */
export const variableKeyOf = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s.-]+/g, '_');

/** The variable of what stands in double braces; `undefined` if that is not a name. */
function variableOf(inside: string | undefined): string | undefined {
  const name = inside?.trim() ?? '';
  return namePattern.test(name) ? variableKeyOf(name) : undefined;
}

/** What a variable is, in the words of an error. */
const variableExpected = 'a variable is a name in two braces, such as {{name}}';

/**
 * Fault of a text with double braces that are no variable, such as `{{name`, `{{}}` or `{{#if}}`: recipients
 * would get the braces. `undefined` for a text without fault.
 */
export function bracesFaultOf(body: string): string | undefined {
  for (const { index, 1: inside } of body.matchAll(bracesPattern))
    if (variableOf(inside) === undefined)
      return `The braces at character ${index + 1} are no variable: ${variableExpected}`;
  return undefined;
}

/** Distinct variables of a template, in the order of their first occurrence. */
export const variablesOf = (body: string): string[] => [
  ...new Set([...body.matchAll(bracesPattern)].flatMap(({ 1: inside }) => variableOf(inside) ?? [])),
];

/**
 * Value of a variable as a text; `undefined` for a value that has none: nothing, a list or an object, or a
 * number beyond 2^53 - 1, which was rounded when it was parsed.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  if (typeof value === 'boolean') return String(value);
  const isExact = typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return isExact ? String(value) : undefined;
}

/** Fault of a text with a variable that has two values: which of them is meant would be guessed. */
export const namedTwice = (name: string): string =>
  `Two values are named ${name}: give each a name of its own, or leave one out`;

/**
 * Fills in a template's variables. Values are not expanded again, so a value cannot inject variables.
 *
 * @param values by name; those that the text does not use may be anything.
 * @returns the text, the variables that have no value (an empty one counts as none), or the fault of a text
 * in which braces would remain, be they its own or of a value, or of one with two values for a variable.
 */
export function fillIn(
  body: string,
  values: Readonly<Record<string, unknown>>,
): { text: string } | { missing: string[] } | { fault: string } {
  const fault = bracesFaultOf(body);
  if (fault !== undefined) return { fault };
  const wanted = variablesOf(body);
  if (wanted.length === 0) return { text: body };
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  const known = new Map<string, unknown>();
  const ambiguous = new Set<string>();
  for (const [name, value] of given) {
    const key = variableKeyOf(name);
    if (known.has(key) && textOf(known.get(key)) !== textOf(value)) ambiguous.add(key);
    known.set(key, value);
  }
  const twice = wanted.find((name) => ambiguous.has(name));
  if (twice !== undefined) return { fault: namedTwice(twice) };
  const texts = new Map(wanted.map((name) => [name, textOf(known.get(name))]));
  const missing = wanted.filter((name) => texts.get(name) === undefined);
  if (missing.length > 0) return { missing };
  const bracing = wanted.find((name) => /\{\{|\}\}/.test(texts.get(name) ?? ''));
  if (bracing !== undefined)
    return { fault: `The value of ${bracing} has double braces, which are not filled in` };
  const text = body.replace(bracesPattern, (_, inside: string) =>
    present(texts.get(variableOf(inside) ?? ''), 'every variable has a value'),
  );
  return { text };
}
