import type { APIGatewayProxyEvent } from 'aws-lambda';
import { bodyFlaw, type InputIssue, InvalidInput, Problem } from './problem.ts';
import { bodyText, headerValues } from './request.ts';

/** Encodings of text that are UTF-8, or a part of it. */
const charsets = ['utf-8', 'utf8', 'us-ascii', 'ascii'];

const charsetPattern = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/gi;

/**
 * Checks how the text of a body is declared.
 *
 * @throws Problem `unsupported_media_type` for a charset other than UTF-8, and for two content types, either
 * of which may be meant.
 */
export function checkDeclared(event: APIGatewayProxyEvent): void {
  const [type = '', ...others] = headerValues(event, 'content-type');
  if (others.length > 0)
    throw new Problem('unsupported_media_type', 'The body must have one Content-Type, not several');
  for (const [, quoted, plain = ''] of type.matchAll(charsetPattern))
    if (!charsets.includes((quoted ?? plain).toLowerCase()))
      throw new Problem('unsupported_media_type', 'The charset of the body must be UTF-8');
}

/** U+FFFD, which stands where a text was lost on its way. */
const lost = '\uFFFD';

/**
 * The body as a text.
 *
 * @throws InvalidInput with the place of the first character that is not UTF-8, or is U+FFFD.
 */
export function utf8Text(event: APIGatewayProxyEvent): string {
  const text = bodyText(event);
  const at = text.indexOf(lost);
  if (at < 0) return text;
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  const where = `line ${before.length}, column ${column}`;
  throw new InvalidInput([
    bodyFlaw([], `The body must be UTF-8 without U+FFFD, which it is not at ${where}`),
  ]);
}

/** The fields of a form whose text is not UTF-8, or has U+FFFD. */
export const lostTexts = (form: Record<string, unknown>): InputIssue[] =>
  Object.entries(form).flatMap(([name, value]) =>
    typeof value === 'string' && value.includes(lost)
      ? [bodyFlaw([name], `${name} must be UTF-8 without U+FFFD`)]
      : [],
  );
