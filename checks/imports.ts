import { posix } from 'node:path';
import { type ImportDeclaration, Visitor } from 'oxc-parser';
import { parse, type SourceFile } from './source.ts';

/** One module that a file asks for. */
export interface Import {
  source: SourceFile;
  offset: number;
  specifier: string;
  /** The path of the file from the root of the repository; undefined for a package. */
  to: string | undefined;
}

/** Everything that a file imports or exports from elsewhere, types included, by statements and by calls. */
export function importsOf(source: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (node: { value: unknown; start: number } | null) => {
    if (typeof node?.value !== 'string') return;
    const specifier = node.value;
    const to = specifier.startsWith('.') ? posix.join(posix.dirname(source.path), specifier) : undefined;
    found.push({ source, offset: node.start, specifier, to });
  };
  new Visitor({
    ImportDeclaration: (node: ImportDeclaration) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => node.source.type === 'Literal' && add(node.source),
    TSImportType: (node) => add(node.source),
  }).visit(parse(source).program);
  return found;
}
