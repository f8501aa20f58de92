/** A function was deployed without a setting that it needs. */
class MissingSetting extends Error {
  override readonly name = 'MissingSetting';
}

/**
 * Reads one setting of this function.
 *
 * @throws MissingSetting with the variable's name and the remedy: only a contract or a construct that forgot
 * it can be the cause.
 */
export function setting(name: string, remedy: string): string {
  const value = process.env[name];
  if (!value) throw new MissingSetting(`The environment variable ${name} is missing: ${remedy}`);
  return value;
}
