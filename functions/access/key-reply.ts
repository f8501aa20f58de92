import { timestamp } from '../../core/clock.ts';
import { organizationId } from '../../core/contract/organization-id.ts';
import type { ApiKey } from './key-store.ts';

/** A key in an answer, without its hash. */
export const keyToReply = ({ id, name, role, organization, creator, tenant, ...key }: ApiKey) => ({
  ...{ id, name, role },
  organization_id: organization === undefined ? null : organizationId(organization),
  creator: creator ?? null,
  tenant_id: tenant,
  created_at: key.created_at,
  created_by: key.created_by,
  expires_at: timestamp(key.expires_at * 1_000),
});
