import { present } from '../../../../core/invariant.ts';

/** A variable of a template: `{{name}}`, with spaces inside the braces as one likes. */
const variablePattern = /\{\{\s*([\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63}?)\s*\}\}/gu;

const captured = 'the pattern always captures a name';

/** Variables go by their letters alone: `First Name` of a column is `{{first_name}}`. */
const keyOf = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s.-]+/g, '_');

/** The variables of a template, each once, in the order in which they come. */
export const variablesOf = (body: string): string[] => [
  ...new Set([...body.matchAll(variablePattern)].map(([, name]) => keyOf(present(name, captured)))),
];

/**
 * A text with its variables filled in. What is filled in is not looked at again, so a name cannot bring variables along.
 *
 * @returns the text, or the variables that have no value (an empty one counts as none).
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
