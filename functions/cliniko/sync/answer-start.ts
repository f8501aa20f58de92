import type { Endpoint } from '../../../core/contract/endpoint.ts';
import { organizationId } from '../../../core/contract/organization-id.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { CodedProblem } from '../../../core/http/coded-problem.ts';
import {
  limitHeaders,
  limitOf,
  type QuotaStatus,
  secondsUntilFree,
  tooManyCalls,
} from '../../../core/http/rate-limit.ts';
import { WithHeaders } from '../../../core/http/reply.ts';
import { knows, OrgId, organizationNotFound, organizationOf } from '../organization.ts';
import { noStartLimit, startAllowance, startSync } from './start-sync.ts';
import { emptyState } from './sync-state.ts';
import { readSnapshot } from './sync-store.ts';

/** Quota of an organisation for starts. One that the caller may not see has a full one, as if unknown. */
export const startQuotaStatus: QuotaStatus = async (caller, event, limit, now) => {
  const orgId = OrgId.safeParse(event.pathParameters?.orgId).data;
  const isKnown = orgId !== undefined && knows(caller, orgId);
  const snapshot = isKnown ? await readSnapshot({ tenant: caller.tenantId, orgId }) : undefined;
  return startAllowance(snapshot?.state ?? emptyState, limit, now);
};

/**
 * Starts a full sync for a caller.
 *
 * @param headers further headers of the answer.
 * @throws CodedProblem ORGANIZATION_NOT_FOUND, SYNC_ALREADY_RUNNING or RATE_LIMIT_EXCEEDED.
 */
export async function answerStart(
  endpoint: Endpoint,
  caller: Caller,
  orgId: string,
  now: number,
  headers: Record<string, string> = {},
) {
  const limit = limitOf(endpoint);
  const start = await startSync(organizationOf(caller, orgId), 'full_patients', limit ?? noStartLimit, now);
  if (start.kind === 'unknown') throw organizationNotFound(orgId);
  const { allowance } = start;
  const given = { ...(limit ? limitHeaders(allowance) : {}), ...headers };
  const retryAfter = secondsUntilFree(allowance, now);
  const details = { organization_id: organizationId(orgId), operation_type: 'full_patients' };
  switch (start.kind) {
    case 'running':
      throw new CodedProblem('rate_limited', 'SYNC_ALREADY_RUNNING', 'Another sync is in progress', {
        details: { ...details, sync_log_id: start.sync },
        headers: given,
        retryAfter,
      });
    case 'too_soon':
      throw new CodedProblem('rate_limited', 'RATE_LIMIT_EXCEEDED', tooManyCalls(retryAfter), {
        details,
        headers: given,
        retryAfter,
      });
    case 'started': {
      const reply = {
        success: true as const,
        message: `Full patient sync started for organization ${orgId}`,
        operation_type: 'full_patients' as const,
        expected_duration: '30-120 seconds',
        sync_log_id: start.sync,
      };
      return new WithHeaders(reply, given);
    }
  }
}
