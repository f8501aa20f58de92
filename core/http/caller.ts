export const roles = ['super_admin', 'admin', 'manager', 'viewer', 'user'] as const;
export type Role = (typeof roles)[number];

/** The user on whose behalf a call is made, as a verified token names them. */
export interface Caller {
  /** The token's `sub`. */
  userId: string;
  tenantId: string;
  role: Role;
  organizationId?: string;
  /** The user's address on the chain, if they are a creator of content. */
  creator?: string;
}
