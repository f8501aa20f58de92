export const roles = ['super_admin', 'admin', 'manager', 'viewer', 'user'] as const;
export type Role = (typeof roles)[number];

/** The beginning of the `userId` of an API key. No token may name such a user. */
export const apiKeyUserPrefix = 'api-key:';

/** The user on whose behalf a call is made, as a verified token or an API key names them. */
export interface Caller {
  /** The token's `sub`, or `api-key:<id>`. */
  userId: string;
  tenantId: string;
  role: Role;
  organizationId?: string;
  /** The user's address on the chain, if they are a creator of content. */
  creator?: string;
}

/** True if a machine calls with an API key, and no person with a token. */
export const isApiKey = ({ userId }: Caller): boolean => userId.startsWith(apiKeyUserPrefix);
