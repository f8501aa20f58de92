import type { Expression, TSType, VariableDeclarator } from 'oxc-parser';
import { parse, type SourceFile, violation } from './source.ts';

/**
 * Last words that say what a number measures; plural nouns do so too (`retries`, `itemsPerPage`). `Id` and
 * `Version` measure nothing, but name a number for what it is.
 */
const unit = /^(?:ms|[kmg]i?b|length|ratio|percent|status|port|mask|code|id|version)$/;

/** Words that may follow a plural noun: `errorsShownMax`, `answersKept`. */
const participle = /^(?:shown|kept|open|listed|read|sent|carried|held|queued|running|remembered)$/;

const constantCase = /^_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

/**
 * Top-level constants are written in camelCase, and a number says its unit last, before `Max` or `Min`:
 * `leaseMs`, `bodyBytesMax`, `recordsPerTransaction`.
 */
export function constants(sources: SourceFile[]): string[] {
  const exported = new Set(sources.flatMap((source) => [...numbersOf(source, new Set())]));
  return sources.flatMap((source) => {
    const numbers = numbersOf(source, exported);
    return declarators(source).flatMap(({ id, start }) => {
      if (id.type !== 'Identifier') return [];
      const faults = [
        ...(constantCase.test(id.name) && id.name.length > 1 ? ['is not in camelCase'] : []),
        ...(numbers.has(id.name) && !hasUnit(id.name) ? ['has no unit at the end of its name'] : []),
      ];
      return faults.length > 0 ? [violation(source, start, `${id.name} ${faults.join(' and ')}`)] : [];
    });
  });
}

function declarators(source: SourceFile): VariableDeclarator[] {
  return parse(source).program.body.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    return declaration?.type === 'VariableDeclaration' && declaration.kind === 'const'
      ? declaration.declarations
      : [];
  });
}

/**
 * The names of a file's constants that are numbers, computed from other files' numbers too where those are
 * imported.
 */
function numbersOf(source: SourceFile, elsewhere: Set<string>): Set<string> {
  const imported = parse(source)
    .module.staticImports.flatMap(({ entries }) => entries)
    .flatMap(({ importName, localName }) => (elsewhere.has(importName.name ?? '') ? [localName.value] : []));
  const found = new Set<string>();
  for (const { id, init } of declarators(source))
    if (id.type === 'Identifier' && init)
      if (isNumberType(id.typeAnnotation?.typeAnnotation) || isNumber(init, new Set([...imported, ...found])))
        found.add(id.name);
  return found;
}

const isNumberType = (type: TSType | undefined): boolean =>
  type?.type === 'TSNumberKeyword' || type?.type === 'TSBigIntKeyword';

/** True for literals, constants that are numbers, and what is computed from such. */
function isNumber(init: Expression, known: Set<string>): boolean {
  switch (init.type) {
    case 'Literal':
      return typeof init.value === 'number' || typeof init.value === 'bigint';
    case 'Identifier':
      return known.has(init.name);
    case 'UnaryExpression':
      return isNumber(init.argument, known);
    case 'BinaryExpression':
      return (
        '+-*/%**<<>>>|&^'.includes(init.operator) &&
        init.left.type !== 'PrivateIdentifier' &&
        isNumber(init.left, known) &&
        isNumber(init.right, known)
      );
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isNumber(init.expression, known);
    case 'CallExpression':
      return isNumeric(init.callee);
    default:
      return false;
  }
}

/** `Number(…)`, `BigInt(…)` and the functions of `Math`. */
const isNumeric = (callee: Expression): boolean =>
  callee.type === 'Identifier'
    ? callee.name === 'Number' || callee.name === 'BigInt'
    : callee.type === 'MemberExpression' &&
      callee.object.type === 'Identifier' &&
      callee.object.name === 'Math';

/** True if the name ends with a unit or a plural noun, before `Max` or `Min`, `Per…` and a participle. */
export function hasUnit(name: string): boolean {
  const words = (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());
  if (words.length > 1 && /^(?:max|min)$/.test(words.at(-1) ?? '')) words.pop();
  const per = words.lastIndexOf('per');
  if (per > 0) words.length = per;
  else if (/ (?:at once|in all)$/.test(words.join(' '))) words.length -= 2;
  else if (words.length > 1 && participle.test(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1) ?? '';
  return unit.test(last) || (/[^ius]s$/.test(last) && last.length > 3);
}
