/** An organisation's id as answers have it: a number where the text is the decimal form of a safe integer. */
export function organizationId(orgId: string): string | number {
  const number = Number(orgId);
  return Number.isSafeInteger(number) && String(number) === orgId ? number : orgId;
}
