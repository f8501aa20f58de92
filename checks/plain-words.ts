import { Visitor } from 'oxc-parser';
import { parse, type SourceFile, violation } from './source.ts';

const stilted = /\b(?:whoever|somebody|nobody|anybody)\b/gi;

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
    return found.flatMap(({ start, end }) =>
      [...source.text.slice(start, end).matchAll(stilted)].map(({ 0: word, index }) =>
        violation(source, start + index, `"${word}": name the subject`),
      ),
    );
  });
}
