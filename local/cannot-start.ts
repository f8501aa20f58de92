/**
 * A reason why the local run cannot go on that its reader can act on: shown as one line, without a stack
 * trace.
 */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** The message of anything that was thrown. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
