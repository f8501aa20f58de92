import { type AttributeMap, itemBytes } from './attribute-value.ts';
import { factsOf } from './expression.ts';
import { type Expressions, resolvedName } from './expression-rules.ts';
import { checkItemKeys, checkKey, checkKeyValue } from './key-rules.ts';
import type { Report } from './report.ts';
import type { TableShape } from './table-shape.ts';

/** The largest item with its names: 400 KB (developer guide, Constraints). */
const bytesPerItemMax = 409_600;

/** A Put: the size, the values and the keys of its item. Returns the item's bytes. */
export function checkPut(table: TableShape | undefined, item: AttributeMap, report: Report): number {
  const bytes = itemBytes(item, report);
  if (bytes > bytesPerItemMax)
    report(`an item has ${bytes} bytes, more than ${bytesPerItemMax} (Constraints: item size)`);
  if (table) checkItemKeys(table, item, report);
  return bytes;
}

/** A request for one item by its key. Returns the key's bytes. */
export function checkNamed(table: TableShape | undefined, key: AttributeMap, report: Report): number {
  if (table) checkKey(table, key, report);
  return itemBytes(key, report);
}

/**
 * What an UpdateExpression changes: no key attribute of the table, and key attributes of indexes only to
 * values that may be keys (API reference, UpdateItem). Whether a nested path has a parent, and how large the
 * item becomes, depends on the item: that is left to the engine, which takes REMOVE below a missing map.
 */
export function checkUpdate(table: TableShape | undefined, request: Expressions, report: Report): void {
  const { UpdateExpression: text, ExpressionAttributeNames: names } = request;
  if (text === undefined || !table) return;
  for (const { target, assigned } of factsOf('update', text).edits) {
    const name = resolvedName(target[0] ?? '', names);
    if (table.keys.some((key) => key.name === name)) report(`UpdateItem changes the key attribute ${name}`);
    const value = target.length === 1 ? request.ExpressionAttributeValues?.[assigned ?? ''] : undefined;
    for (const key of table.indexKeys) if (value && key.name === name) checkKeyValue(key, value, report);
  }
}
