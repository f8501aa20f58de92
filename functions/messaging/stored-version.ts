import * as z from 'zod';

/**
 * Version of a stored item's shape, as a field `v` of its schema. Absent means 1: an item names its version
 * only once its shape has changed.
 */
export const storedVersion = z.literal(1).optional();
