import { type TSAsExpression, Visitor } from 'oxc-parser';
import { commentsAt, parse, type SourceFile, violation } from './source.ts';

/** Casts in the whole product. */
const castsMax = 5;

/**
 * `as unknown as` and `as never` switch the type checker off: `castsMax` at most, each with its reason in a
 * comment on the line before.
 */
export function casts(sources: SourceFile[]): string[] {
  const found = sources.flatMap((source) =>
    castsOf(source).map(({ start, typeAnnotation }) => ({
      source,
      // The line that a reader sees the cast on, however long the expression before it is.
      at: typeAnnotation.start,
      kind: typeAnnotation.type === 'TSNeverKeyword' ? 'as never' : 'as unknown as',
      hasReason: [start, typeAnnotation.start].some((offset) => commentsAt(source, offset).length > 0),
    })),
  );
  return found.flatMap(({ source, at, kind, hasReason }) => {
    const faults = [
      ...(found.length > castsMax ? [`is one of ${found.length}, ${castsMax} are allowed`] : []),
      ...(hasReason ? [] : ['has no comment with its reason on the line before']),
    ];
    return faults.length > 0 ? [violation(source, at, `\`${kind}\` ${faults.join(' and ')}`)] : [];
  });
}

function castsOf(source: SourceFile): TSAsExpression[] {
  const found: TSAsExpression[] = [];
  new Visitor({
    TSAsExpression(node) {
      if (isBlind(node)) found.push(node);
    },
  }).visit(parse(source).program);
  return found;
}

const isBlind = ({ expression, typeAnnotation }: TSAsExpression): boolean =>
  typeAnnotation.type === 'TSNeverKeyword' ||
  (expression.type === 'TSAsExpression' && expression.typeAnnotation.type === 'TSUnknownKeyword');
