/** An organisation's id as it is answered: a number where it is written as one. */
export function organizationId(orgId: string): string | number {
  const number = Number(orgId);
  return Number.isSafeInteger(number) && String(number) === orgId ? number : orgId;
}
