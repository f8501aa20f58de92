/** A reason why the local run cannot start that the user can act on: printed as one line, without a stack. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** The message of a thrown value, which need not be an Error. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
