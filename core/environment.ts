/** A function lacks an environment variable, or its API a stage variable, that it needs. */
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

/**
 * Reads a variable of the API's stage, which API Gateway sends with each call. It is for what a function's
 * environment cannot name, because it is made after the API, which names the function.
 *
 * @param remedy for the error: what a construct has to add.
 * @throws MissingSetting if it is missing or empty.
 */
export function stageVariable(
  variables: Readonly<Record<string, string | undefined>> | null | undefined,
  name: string,
  remedy: string,
): string {
  const value = variables?.[name];
  if (!value) throw new MissingSetting(`The stage variable ${name} is missing: ${remedy}`);
  return value;
}
