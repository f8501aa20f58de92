import { Visitor } from 'oxc-parser';
import { parse, type SourceFile, violation } from './source.ts';

const stilted = /\b(?:whoever|somebody|nobody|anybody)\b/gi;

const wordsWithin = (source: SourceFile, start: number, end: number): string[] =>
  [...source.text.slice(start, end).matchAll(stilted)].map(({ 0: word, index }) =>
    violation(source, start + index, `"${word}": name the subject`),
  );

/** Documents do without words that name no subject, but for code in them. */
export const plainDocuments = (documents: SourceFile[]): string[] =>
  documents.flatMap(({ path, text }) => {
    const blanked = text.replace(/`[^`]*`/g, (code) => code.replace(/[^\n]/g, ' '));
    return wordsWithin({ path, text: blanked }, 0, blanked.length);
  });

/** Comments and texts do without words that name no subject: say which caller, tenant or process is meant. */
export function plainWords(sources: SourceFile[]): string[] {
  return sources.flatMap((source) => {
    const found: { start: number; end: number }[] = [...parse(source).comments];
    new Visitor({
      Literal(node) {
        if (typeof node.value === 'string') found.push(node);
      },
      TemplateElement(node) {
        found.push(node);
      },
    }).visit(parse(source).program);
    return found.flatMap(({ start, end }) => wordsWithin(source, start, end));
  });
}
