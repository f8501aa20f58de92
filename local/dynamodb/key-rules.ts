import { type AttributeMap, type AttributeValue, typeOf } from './attribute-value.ts';
import type { Report } from './report.ts';
import type { KeyAttribute, TableShape } from './table-shape.ts';

/** The largest partition and sort key, in bytes (developer guide, Constraints). */
const keyBytesMax = { HASH: 2_048, RANGE: 1_024 };

/** A value of a key attribute: its type, that it is not empty, and its size (Constraints, API reference). */
export function checkKeyValue(
  { name, role, type }: KeyAttribute,
  value: AttributeValue,
  report: Report,
): void {
  const text = value[type];
  if (text === undefined) {
    report(`the key attribute ${name} has the type ${typeOf(value)} instead of ${type}`);
    return;
  }
  if (text === '') report(`the key attribute ${name} is empty (Constraints: at least 1 byte)`);
  // A character has at most three bytes in UTF-8 for each of its units in UTF-16, so most are short for sure.
  if (type === 'N' || text.length * 3 <= keyBytesMax[role]) return;
  const bytes = Buffer.byteLength(text, type === 'B' ? 'base64' : 'utf8');
  if (bytes > keyBytesMax[role])
    report(`the key attribute ${name} has ${bytes} bytes, more than ${keyBytesMax[role]} (Constraints)`);
}

/** A key that a request names: exactly the key attributes of the table (API reference, `Key`). */
export function checkKey({ keys, name }: TableShape, key: AttributeMap, report: Report): void {
  for (const attribute of keys) {
    const value = key[attribute.name];
    if (value) checkKeyValue(attribute, value, report);
    else report(`a key of ${name} lacks the attribute ${attribute.name}`);
  }
  if (Object.keys(key).length > keys.length) report(`a key of ${name} has other attributes than its keys`);
}

/** The key attributes of an item, also of indexes, which it may lack (API reference, PutItem). */
export function checkItemKeys(
  { keys, name, indexKeys }: TableShape,
  item: AttributeMap,
  report: Report,
): void {
  for (const attribute of keys) {
    const value = item[attribute.name];
    if (value) checkKeyValue(attribute, value, report);
    else report(`an item of ${name} lacks the key attribute ${attribute.name}`);
  }
  for (const attribute of indexKeys) {
    const value = item[attribute.name];
    if (value) checkKeyValue(attribute, value, report);
  }
}

/** A key as one text, to compare it with others. The lengths tell apart where its values begin. */
export function keyText({ name, keys }: TableShape, key: AttributeMap): string {
  let text = name;
  for (const attribute of keys) {
    const value = key[attribute.name]?.[attribute.type] ?? '';
    text += ` ${value.length}:${value}`;
  }
  return text;
}
