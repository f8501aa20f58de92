import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type InputIssue, InvalidInput, Problem } from './problem.ts';
import { bodyText, header } from './request.ts';

/** Encodings of text that are UTF-8, or a part of it. */
const charsets = ['utf-8', 'utf8', 'us-ascii', 'ascii'];

/** @throws Problem `unsupported_media_type` for a body that is declared to be of another charset. */
export function checkCharset(event: APIGatewayProxyEvent): void {
  const [, quoted, plain] =
    /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(header(event, 'content-type') ?? '') ?? [];
  const charset = quoted ?? plain;
  if (charset !== undefined && !charsets.includes(charset.toLowerCase()))
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
  throw new InvalidInput([flaw([], `The body must be UTF-8 without U+FFFD, which it is not at ${where}`)]);
}

/** The fields of a form whose text is not UTF-8, or has U+FFFD. */
export const lostTexts = (form: Record<string, unknown>): InputIssue[] =>
  Object.entries(form).flatMap(([name, value]) =>
    typeof value === 'string' && value.includes(lost)
      ? [flaw([name], `${name} must be UTF-8 without U+FFFD`)]
      : [],
  );

const flaw = (path: string[], message: string): InputIssue => ({
  place: 'body',
  issue: { code: 'custom', path, message, input: undefined },
});
