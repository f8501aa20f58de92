export const roles = ['super_admin', 'admin', 'manager', 'viewer', 'user'] as const;
export type Role = (typeof roles)[number];

/** Who calls, as far as a verified token says. */
export interface Caller {
  /** The token's `sub`. */
  userId: string;
  tenantId: string;
  role: Role;
  organizationId?: string;
  /** The creator's address on the chain. */
  creator?: string;
}
