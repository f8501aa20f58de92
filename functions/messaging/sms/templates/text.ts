import { present } from '../../../../core/invariant.ts';

/** Text in double braces. It is a variable if a name is in it, with optional spaces around the name. */
const bracesPattern = /\{\{[^{}]*\}\}/g;
const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63}$/u;

/** Normalises a variable's name: the column `First Name` is the variable `{{first_name}}`. */
const keyOf = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s.-]+/g, '_');

/** The variable of a text in double braces; `undefined` if what is in it is not a name. */
function variableOf(braces: string): string | undefined {
  const name = braces.slice(2, -2).trim();
  return namePattern.test(name) ? keyOf(name) : undefined;
}

/** Distinct variables of a template, in the order of their first occurrence. */
export const variablesOf = (body: string): string[] => [
  ...new Set((body.match(bracesPattern) ?? []).flatMap((braces) => variableOf(braces) ?? [])),
];

/**
 * Fills in a template's variables. Values are not expanded again, so a value cannot inject variables.
 *
 * @returns the text, or the variables that have no value; an empty value counts as none.
 */
export function fillIn(
  body: string,
  values: Readonly<Record<string, string | undefined>>,
): { text: string } | { missing: string[] } {
  const wanted = variablesOf(body);
  if (wanted.length === 0) return { text: body };
  const known = new Map(Object.entries(values).map(([name, value]) => [keyOf(name), value]));
  const missing = wanted.filter((name) => !known.get(name));
  if (missing.length > 0) return { missing };
  return {
    text: body.replace(bracesPattern, (braces) => {
      const name = variableOf(braces);
      return name === undefined ? braces : present(known.get(name), 'every variable has a value');
    }),
  };
}
