import * as z from 'zod';
import { organizationId } from '../../core/contract/organization-id.ts';
import type { Caller } from '../../core/http/caller.ts';
import { CodedProblem } from '../../core/http/coded-problem.ts';

/** An organisation's id in a path: chosen by whoever registers it. */
export const OrgId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'Invalid organization ID');

/** One organisation of one tenant: to another tenant it does not exist. */
export interface Organization {
  tenant: string;
  orgId: string;
}

export const organizationNotFound = (orgId: string) =>
  new CodedProblem('not_found', 'ORGANIZATION_NOT_FOUND', 'Organization not found', {
    details: { organization_id: organizationId(orgId) },
  });

/** Whether a caller's role lets it know of an organisation: managers and viewers know their own only. */
export const knows = ({ role, organizationId }: Caller, orgId: string): boolean =>
  role === 'admin' || role === 'super_admin' || organizationId === orgId;

/**
 * The organisation that a caller means.
 *
 * @throws CodedProblem ORGANIZATION_NOT_FOUND for one that it may not know of, the same as for one that nobody has registered.
 */
export function organizationOf(caller: Caller, orgId: string): Organization {
  if (!knows(caller, orgId)) throw organizationNotFound(orgId);
  return { tenant: caller.tenantId, orgId };
}
