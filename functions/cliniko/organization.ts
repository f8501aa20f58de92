import * as z from 'zod';
import { organizationId } from '../../core/contract/organization-id.ts';
import { stored } from '../../core/dynamo/version.ts';
import type { Caller } from '../../core/http/caller.ts';
import { CodedProblem } from '../../core/http/coded-problem.ts';

/** An organisation's id in a path, chosen by the caller that registers it. */
export const OrgId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'Invalid organization ID');

/** An organisation of a tenant, as it is stored in the lists of due and of running syncs. */
export const Organization = stored(
  'listed organisation',
  z.object({ tenant: z.string().min(1), orgId: z.string().min(1) }),
);
export type Organization = z.output<typeof Organization>;

export const organizationNotFound = (orgId: string) =>
  new CodedProblem('not_found', 'ORGANIZATION_NOT_FOUND', 'Organization not found', {
    details: { organization_id: organizationId(orgId) },
  });

/** True if the caller may see an organisation: managers and viewers only see their own. */
export const knows = ({ role, organizationId }: Caller, orgId: string): boolean =>
  role === 'admin' || role === 'super_admin' || organizationId === orgId;

/**
 * An organisation of the caller's tenant.
 *
 * @throws CodedProblem ORGANIZATION_NOT_FOUND if the caller may not see it. Same error as for an unregistered
 * one, so that ids cannot be probed.
 */
export function organizationOf(caller: Caller, orgId: string): Organization {
  if (!knows(caller, orgId)) throw organizationNotFound(orgId);
  return { tenant: caller.tenantId, orgId };
}
