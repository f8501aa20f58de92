import type { Directive, Statement } from 'oxc-parser';
import { parse, type SourceFile, violation } from './source.ts';

/** Names that each file may export: the entry of a Lambda. */
const allowedNames = new Set(['handler']);

/** Files that may export a declaration of the same name. */
const filesMax = 2;

interface Place {
  source: SourceFile;
  offset: number;
}

/** An exported name is declared in `filesMax` files at most, so that a reader can tell which one is meant. */
export function names(sources: SourceFile[]): string[] {
  const places = new Map<string, Place[]>();
  for (const source of sources)
    for (const [name, offset] of declared(source))
      places.set(name, [...(places.get(name) ?? []), { source, offset }]);

  return [...places]
    .filter(([name, { length }]) => length > filesMax && !allowedNames.has(name))
    .flatMap(([name, found]) => {
      const files = found.map(({ source }) => source.path).join(', ');
      return found.map(({ source, offset }) =>
        violation(source, offset, `${name} is declared in ${found.length} files: ${files}`),
      );
    });
}

/**
 * Offsets of the exported declarations by name. A value and a type of one name count once, re-exports do not
 * count.
 */
function declared(source: SourceFile): Map<string, number> {
  const found = new Map<string, number>();
  for (const statement of parse(source).program.body)
    for (const name of exported(statement)) if (!found.has(name)) found.set(name, statement.start);
  return found;
}

function exported(statement: Statement | Directive): string[] {
  if (statement.type !== 'ExportNamedDeclaration' || statement.source) return [];
  const { declaration } = statement;
  if (declaration?.type === 'VariableDeclaration')
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
  if (declaration && 'id' in declaration && declaration.id?.type === 'Identifier')
    return [declaration.id.name];
  return statement.specifiers.flatMap(({ exported: to }) => ('name' in to ? [to.name] : []));
}
