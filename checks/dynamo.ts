import { Visitor } from 'oxc-parser';
import { importsOf } from './imports.ts';
import { parse, type SourceFile, violation } from './source.ts';

const packages = new Set(['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb', '@aws-sdk/util-dynamodb']);

const commandName =
  /^(?:Batch(?:Get|Write)|Transact(?:Get|Write)|Get|Put|Update|Delete|Query|Scan)(?:Items?)?Command$/;

/**
 * Only `core/dynamo/` talks to DynamoDB: no other file imports its SDK, types included, or sends its
 * commands.
 */
export function dynamo(sources: SourceFile[]): string[] {
  return sources
    .filter(({ path }) => !path.startsWith('core/dynamo/'))
    .flatMap((source) => [
      ...importsOf(source)
        .filter(({ specifier }) => packages.has(specifier))
        .map(({ offset, specifier }) => violation(source, offset, `imports ${specifier}`)),
      ...commands(source).map(({ start, name }) => violation(source, start, `sends ${name}`)),
    ]);
}

/** Calls of the form `….send(new GetCommand(…))`. */
function commands(source: SourceFile): { start: number; name: string }[] {
  const found: { start: number; name: string }[] = [];
  new Visitor({
    CallExpression({ start, callee, arguments: [sent] }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      if (callee.property.name !== 'send' || sent?.type !== 'NewExpression') return;
      if (sent.callee.type === 'Identifier' && commandName.test(sent.callee.name))
        found.push({ start, name: sent.callee.name });
    },
  }).visit(parse(source).program);
  return found;
}
