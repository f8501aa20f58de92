/**
 * Reads one setting of this function.
 *
 * @throws Error naming the variable and the remedy, since the only cause is a contract or a construct that forgot it.
 */
export function setting(name: string, remedy: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is missing: ${remedy}`);
  return value;
}
