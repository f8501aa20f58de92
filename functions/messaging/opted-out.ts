/** Placeholder until the contacts' own is merged. */
export async function optedOut(_tenant: string, _phones: string[]): Promise<Set<string>> {
  return new Set();
}
