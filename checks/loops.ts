import { Visitor } from 'oxc-parser';
import { commentsAt, parse, type SourceFile, violation } from './source.ts';

/** A loop without a condition at its head says in a comment what ends it: its bound or its deadline. */
export function loops(sources: SourceFile[]): string[] {
  return sources.flatMap((source) =>
    openLoops(source)
      .filter(({ start }) => !commentsAt(source, start).some(({ value }) => statesEnd(value)))
      .map(({ start, kind }) => violation(source, start, `\`${kind}\` has no comment with what ends it`)),
  );
}

const statesEnd = (comment: string): boolean => /\b(?:ends|bounded\s+by|until)\b/i.test(comment);

function openLoops(source: SourceFile): { start: number; kind: string }[] {
  const found: { start: number; kind: string }[] = [];
  new Visitor({
    ForStatement(node) {
      if (!node.test) found.push({ start: node.start, kind: 'for (;;)' });
    },
    WhileStatement(node) {
      if (node.test.type === 'Literal' && node.test.value)
        found.push({ start: node.start, kind: 'while (true)' });
    },
    DoWhileStatement(node) {
      found.push({ start: node.start, kind: 'do … while' });
    },
  }).visit(parse(source).program);
  return found;
}
