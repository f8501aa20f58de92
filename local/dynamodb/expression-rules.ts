import { type AttributeMap, itemBytes, typeOf, utf8Bytes } from './attribute-value.ts';
import {
  type Comparison,
  type DocumentPath,
  type ExpressionKind,
  type ExpressionPart,
  type Facts,
  factsOf,
} from './expression.ts';
import type { Report } from './report.ts';

/** A request, or the part of one, whose expressions share their names and values. */
export interface Expressions {
  readonly ConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly ProjectionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: AttributeMap;
}

const kinds = {
  ConditionExpression: 'condition',
  FilterExpression: 'condition',
  KeyConditionExpression: 'condition',
  ProjectionExpression: 'projection',
  UpdateExpression: 'update',
} as const satisfies Record<string, ExpressionKind>;
const fields = Object.keys(kinds) as (keyof typeof kinds)[];

/** Bytes of all that the placeholders of a request stand for (developer guide, Constraints). */
const substitutedBytesMax = 2 * 1_048_576;

/** The name that an element of a path stands for. */
export const resolvedName = (element: string, names: Expressions['ExpressionAttributeNames']): string =>
  element.startsWith('#') ? (names?.[element] ?? element) : element;

const resolved = (path: DocumentPath, names: Expressions['ExpressionAttributeNames']): string[] =>
  path.map((element) => resolvedName(element, names));

/** The rules of expressions that hold for every request. */
export function checkExpressions(request: Expressions, report: Report): void {
  const all: Facts[] = [];
  for (const field of fields) {
    const text = request[field];
    if (text === undefined) continue;
    const kind = kinds[field];
    const facts = factsOf(kind, text);
    all.push(facts);
    const reportOf: Report = (violation) => report(`${field}: ${violation}`);
    facts.faults.forEach(reportOf);
    for (const comparison of facts.comparisons) checkComparison(comparison, request, reportOf);
    if (kind === 'projection') checkOverlaps(facts.paths, request, reportOf);
    if (kind === 'update')
      checkOverlaps(
        facts.edits.map(({ target }) => target),
        request,
        reportOf,
      );
  }
  checkPlaceholders(request, all, report);
}

/** Placeholders that are not defined or not used (API reference, Constraints). */
function checkPlaceholders(request: Expressions, all: readonly Facts[], report: Report): void {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = request;
  for (const { placeholders } of all)
    for (const placeholder of placeholders)
      if (!(placeholder in names) && !(placeholder in values)) report(`${placeholder} is not defined`);
  const isUsed = (placeholder: string): boolean =>
    all.some(({ placeholders }) => placeholders.has(placeholder));
  let bytes = itemBytes(values, report);
  for (const name in names) {
    bytes += utf8Bytes(names[name] ?? '');
    if (!isUsed(name)) report(`${name} is defined and not used`);
  }
  for (const name in values) if (!isUsed(name)) report(`${name} is defined and not used`);
  if (bytes > substitutedBytesMax)
    report(`names and values have ${bytes} bytes, more than ${substitutedBytesMax} (Constraints)`);
}

/** Two paths of which one holds the other, or makes of its parent something else (UpdateItem, GetItem). */
function checkOverlaps(paths: readonly DocumentPath[], request: Expressions, report: Report): void {
  const names = paths.map((path) => resolved(path, request.ExpressionAttributeNames));
  const whole = new Set<string>();
  for (const path of names) {
    const text = path.join('\0');
    if (whole.has(text)) report(`the path ${path.join('.')} is used twice`);
    whole.add(text);
  }
  const containers = new Map<string, string>();
  for (const path of names)
    for (let length = 1; length < path.length; length++) {
      const parent = path.slice(0, length).join('\0');
      const container = path[length]?.startsWith('[') ? 'list' : 'map';
      if (whole.has(parent))
        report(`the paths ${parent.replaceAll('\0', '.')} and ${path.join('.')} overlap`);
      if ((containers.get(parent) ?? container) !== container)
        report(
          `the path ${path.join('.')} conflicts with another: its parent is a list in one, a map in one`,
        );
      containers.set(parent, container);
    }
}

/** Operands that DynamoDB refuses beside a comparator (developer guide, condition and filter expressions). */
function checkComparison({ sign, left, right }: Comparison, request: Expressions, report: Report): void {
  if (left?.kind === 'path' && right?.kind === 'path' && samePath(left.path, right.path, request))
    report(`${left.path.join('.')} is compared with itself`);
  if (sign === '=' || sign === '<>') return;
  checkOrdered(left, sign, request, report);
  checkOrdered(right, sign, request, report);
}

const samePath = (left: DocumentPath, right: DocumentPath, request: Expressions): boolean =>
  resolved(left, request.ExpressionAttributeNames).join('\0') ===
  resolved(right, request.ExpressionAttributeNames).join('\0');

/** Only strings, numbers and binaries have an order. */
function checkOrdered(
  part: ExpressionPart | undefined,
  sign: string,
  request: Expressions,
  report: Report,
): void {
  if (part?.kind !== 'value') return;
  const value = request.ExpressionAttributeValues?.[part.text];
  if (value && !['S', 'N', 'B'].includes(typeOf(value)))
    report(`${part.text} of type ${typeOf(value)} is an operand of ${sign}`);
}
