import { present } from '../../../../core/invariant.ts';

/** A variable of a template: `{{name}}`, with optional spaces inside the braces. */
const variablePattern = /\{\{\s*([\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63}?)\s*\}\}/gu;

const captured = 'the pattern always captures a name';

/** Normalises a variable's name: the column `First Name` is the variable `{{first_name}}`. */
const keyOf = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s.-]+/g, '_');

/** Distinct variables of a template, in the order of their first occurrence. */
export const variablesOf = (body: string): string[] => [
  ...new Set([...body.matchAll(variablePattern)].map(([, name]) => keyOf(present(name, captured)))),
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
    text: body.replace(variablePattern, (_, name: string) =>
      present(known.get(keyOf(name)), 'every variable has a value'),
    ),
  };
}
