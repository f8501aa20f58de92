import type * as z from 'zod';
import { readableVersion, type Shape, versioned } from '../version.ts';

/**
 * The schema of a stored item. The attribute `v` is absent in version 1, so that no item pays for it before
 * there is a second version. A new attribute is optional; any other change takes the next version.
 *
 * @param kind names the items in errors, such as `settings of an organisation`.
 */
export const stored = <S extends z.ZodType>(kind: string, schema: S, past: Omit<Shape, 'kind'> = {}) =>
  versioned('v', { kind, ...past }, schema);

/**
 * The same rule for an item that is checked by hand. Where there is a second version, the caller tells them
 * apart.
 *
 * @param newest the version that this code writes; that before it is read, too.
 * @throws NewerVersion for an item that newer code wrote.
 */
export function assertVersion(item: object, kind: string, newest = 1): void {
  readableVersion(item, 'v', { kind, newest, oldest: newest - 1 });
}
