import { parse, prose, type SourceFile, violation } from './source.ts';

/** Docblocks that begin with a question word, at most, of all docblocks. */
const questionsRatioMax = 0.05;

/**
 * Docblocks begin with their subject or a verb: those that begin with a question word are listed if they are
 * too many.
 */
export function docblocks(sources: SourceFile[]): string[] {
  const found = sources.flatMap((source) =>
    parse(source)
      .comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
      .map((comment) => ({ source, start: comment.start, text: prose(comment) })),
  );
  const asking = found.filter(({ text }) => /^(?:What|Whether|Where|How|Who|Whom|When)\b/.test(text));
  if (asking.length < found.length * questionsRatioMax) return [];
  return asking.map(({ source, start, text }) =>
    violation(source, start, `docblock begins with "${text.split(/\s/, 1)}"`),
  );
}
