import type { AttributeMap, AttributeValue } from './attribute-value.ts';
import { comparators, type ExpressionPart, factsOf } from './expression.ts';
import { type Expressions, resolvedName } from './expression-rules.ts';
import type { KeyAttribute } from './table-shape.ts';

/** One condition of a KeyConditionExpression. */
export interface KeyCondition {
  readonly attribute: string;
  /** `=`, `<`, `<=`, `>`, `>=`, `BETWEEN` or `begins_with`. */
  readonly operator: string;
  readonly values: readonly AttributeValue[];
}

/** The conditions of a Query, which are joined by AND. */
export function keyConditions(request: Expressions): KeyCondition[] {
  const { KeyConditionExpression: text, ExpressionAttributeNames: names } = request;
  if (text === undefined) return [];
  const { parts } = factsOf('condition', text);
  const found: { attribute: string; operator: string; values: AttributeValue[] }[] = [];
  let name: string | undefined;
  for (const part of parts) {
    if (part.kind === 'path')
      found.push({ attribute: resolvedName(part.path[0] ?? '', names), operator: name ?? '', values: [] });
    name = part.kind === 'function' ? part.text : isParenthesis(part) ? name : undefined;
    const last = found.at(-1);
    if (!last) continue;
    if (part.kind === 'sign' && comparators.has(part.text)) last.operator = part.text;
    if (part.kind === 'keyword' && part.text === 'BETWEEN') last.operator = part.text;
    const value = part.kind === 'value' ? request.ExpressionAttributeValues?.[part.text] : undefined;
    if (value) last.values.push(value);
  }
  return found;
}

const isParenthesis = (part: ExpressionPart): boolean => part.kind === 'sign' && part.text === '(';

/** True if a key satisfies a condition; conditions without a value satisfy any. */
export function satisfies(
  { operator, values: [first, second] }: KeyCondition,
  { name, type }: KeyAttribute,
  key: AttributeMap,
): boolean {
  const [value, least, greatest] = [key[name]?.[type], first?.[type], second?.[type]];
  if (value === undefined || least === undefined) return true;
  if (operator === 'begins_with')
    return bytesOf(value, type).subarray(0, bytesOf(least, type).length).equals(bytesOf(least, type));
  const order = compared(value, least, type);
  switch (operator) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return order >= 0 && (greatest === undefined || compared(value, greatest, type) <= 0);
  }
}

const bytesOf = (text: string, type: KeyAttribute['type']): Buffer =>
  Buffer.from(text, type === 'B' ? 'base64' : 'utf8');

/** The order of two keys: numbers by value, all others by their bytes (API reference, Query). */
const compared = (left: string, right: string, type: KeyAttribute['type']): number =>
  type === 'N'
    ? Math.sign(Number(left) - Number(right))
    : Buffer.compare(bytesOf(left, type), bytesOf(right, type));
