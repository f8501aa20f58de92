/** A violated invariant: a bug in our code, never a fault of the caller. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/**
 * Asserts what must hold if the code is right. It stays on in production, because a wrong write costs more
 * than a 500.
 *
 * @param reason why it must hold: ids and rules only, since it is logged.
 * @throws BrokenInvariant if it does not hold.
 */
export function invariant(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new BrokenInvariant(reason);
}

/**
 * The value, which must be there.
 *
 * @param reason why it must be: ids and rules only, since it is logged.
 * @throws BrokenInvariant if it is null or undefined.
 */
export function present<T>(value: T | null | undefined, reason: string): T {
  invariant(value !== null && value !== undefined, reason);
  return value;
}
