import { canonicalNumber, numberBytes, numberFault } from './numbers.ts';
import type { Report } from './report.ts';

/** A value in DynamoDB's own notation (API reference, AttributeValue). */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  /** Base64. */
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
  readonly L?: readonly AttributeValue[];
  readonly M?: Readonly<Record<string, AttributeValue>>;
}
export type AttributeMap = Readonly<Record<string, AttributeValue>>;

/** Levels of lists and maps within an item (developer guide, Constraints: attribute nesting). */
const levelsMax = 32;

/** Overhead of a list or map, and of each of its elements (developer guide, item sizes and formats). */
const containerBytes = 3;
const elementBytes = 1;

/** A number that needs no closer look: at most 15 digits, without fraction and exponent. */
const shortInteger = /^-?\d{1,15}$/;

/** The bytes of a text in UTF-8. */
export const utf8Bytes = (text: string): number => Buffer.byteLength(text);

/** The name of a value's type: `S`, `N`, `M` and so on. */
export const typeOf = (value: AttributeValue): string => Object.keys(value)[0] ?? '';

/** The size of a value by AWS's rules; reports what DynamoDB refuses in any value. */
function valueBytes(value: AttributeValue, report: Report, level = 1): number {
  if (value.S !== undefined) return utf8Bytes(value.S);
  if (value.N !== undefined) return bytesOfNumber(value.N, report);
  if (value.M) {
    reportDepth(level, report);
    return containerBytes + bytesOfMap(value.M, report, level + 1);
  }
  if (value.L) {
    reportDepth(level, report);
    return value.L.reduce(
      (bytes, element) => bytes + elementBytes + valueBytes(element, report, level + 1),
      containerBytes,
    );
  }
  if (value.B !== undefined) return Buffer.byteLength(value.B, 'base64');
  if (value.BOOL !== undefined) return 1;
  if (value.NULL !== undefined) {
    if (value.NULL !== true) report('a NULL is not true (API reference, AttributeValue)');
    return 1;
  }
  return bytesOfSet(value, report);
}

/** The innermost list or map may hold values, which are a level of their own. */
function reportDepth(level: number, report: Report): void {
  if (level === levelsMax) report(`lists and maps are nested deeper than ${levelsMax} levels (Constraints)`);
}

/** The size of an item, or of a part of it, with its names; reports what DynamoDB refuses in any item. */
export function itemBytes(item: AttributeMap, report: Report): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (name === '') report('an attribute has an empty name (naming rules)');
    if (value) bytes += utf8Bytes(name) + valueBytes(value, report);
  }
  return bytes;
}

function bytesOfMap(map: AttributeMap, report: Report, level: number): number {
  let bytes = 0;
  for (const name in map) {
    const value = map[name];
    if (value) bytes += elementBytes + utf8Bytes(name) + valueBytes(value, report, level);
  }
  return bytes;
}

function bytesOfNumber(text: string, report: Report): number {
  if (!shortInteger.test(text)) {
    const fault = numberFault(text);
    if (fault) report(`${fault} (Constraints, data types: number)`);
  }
  return numberBytes(text);
}

function bytesOfSet({ SS, NS, BS }: AttributeValue, report: Report): number {
  const members = SS ?? NS ?? BS;
  if (!members) {
    report('a value has no type that DynamoDB knows (API reference, AttributeValue)');
    return 0;
  }
  if (members.length === 0) report('a set is empty (API reference, PutItem)');
  const different = new Set(NS ? NS.map(canonicalNumber) : members);
  if (different.size < members.length) report('a set names a member twice (data types: sets)');
  if (NS) return NS.reduce((bytes, member) => bytes + bytesOfNumber(member, report), 0);
  return members.reduce((bytes, member) => bytes + Buffer.byteLength(member, BS ? 'base64' : 'utf8'), 0);
}
