import { type Comment, type ParseResult, parseSync } from 'oxc-parser';

/** A file to be checked: its path from the root of the repository, with forward slashes, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

const parsed = new WeakMap<SourceFile, ParseResult>();

/** The syntax tree of a source, parsed once for all checks. Throws if the text is no TypeScript. */
export function parse(source: SourceFile): ParseResult {
  const known = parsed.get(source);
  if (known) return known;
  const result = parseSync(source.path, source.text, { lang: 'ts', sourceType: 'module' });
  const [error] = result.errors;
  if (error) throw new Error(`${source.path} cannot be parsed: ${error.message}`);
  parsed.set(source, result);
  return result;
}

/** The line of an offset, counted from 1. */
export const lineAt = ({ text }: SourceFile, offset: number): number =>
  text.slice(0, offset).split('\n').length;

/** A violation as every check reports it: `file:line message`, as editors and terminals link it. */
export const violation = (source: SourceFile, offset: number, message: string): string =>
  `${source.path}:${lineAt(source, offset)} ${message}`;

/** The text of a comment without its delimiters and the stars that begin its lines. */
export const prose = ({ value }: Comment): string => value.replace(/^[ \t]*\*+/gm, '').trim();

/**
 * The comments that belong to the code at an offset: those on its own line, and those that end on the line
 * before together with the comments directly above them.
 */
export function commentsAt(source: SourceFile, offset: number): Comment[] {
  const line = lineAt(source, offset);
  const found: Comment[] = [];
  let above = line - 1;
  for (const comment of parse(source).comments.toReversed()) {
    const [first, last] = [lineAt(source, comment.start), lineAt(source, comment.end)];
    if (first === line) found.push(comment);
    else if (last === above) {
      found.push(comment);
      above = first - 1;
    }
  }
  return found;
}
