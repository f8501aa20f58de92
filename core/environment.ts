/** A function lacks an environment variable that it needs. */
class MissingSetting extends Error {
  override readonly name = 'MissingSetting';
}

/**
 * Reads an environment variable of this function.
 *
 * @param remedy for the error: what a contract or a construct has to add.
 * @throws MissingSetting if it is missing or empty.
 */
export function setting(name: string, remedy: string): string {
  const value = process.env[name];
  if (!value) throw new MissingSetting(`The environment variable ${name} is missing: ${remedy}`);
  return value;
}
