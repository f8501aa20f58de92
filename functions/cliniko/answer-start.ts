import { WithHeaders } from '../../core/answer.ts';
import type { Caller } from '../../core/caller.ts';
import { ClinikoProblem } from './errors.ts';
import { organizationId, organizationNotFound, organizationOf } from './organization.ts';
import { START_WINDOW, startSync } from './start-sync.ts';

/** Where an organisation stands with its one start in five minutes, as every limited route tells. */
const headersAt = (remaining: 0 | 1, reset: number) => ({
  'X-RateLimit-Limit': '1',
  'X-RateLimit-Remaining': String(remaining),
  'X-RateLimit-Reset': String(Math.ceil(reset / 1000)),
});

/** How long a caller should wait before asking for a start again while a sync runs, in seconds. */
const RUNNING_RETRY = 30;

/**
 * Starts a full sync for a caller.
 *
 * @param headers more for the answer.
 * @throws ClinikoProblem ORGANIZATION_NOT_FOUND, SYNC_ALREADY_RUNNING or RATE_LIMIT_EXCEEDED.
 */
export async function answerStart(
  caller: Caller,
  orgId: string,
  now: number,
  headers: Record<string, string> = {},
) {
  const start = await startSync(organizationOf(caller, orgId), 'full_patients', true, now);
  const details = { organization_id: organizationId(orgId), operation_type: 'full_patients' };
  switch (start.kind) {
    case 'unknown':
      throw organizationNotFound(orgId);
    case 'running':
      throw new ClinikoProblem('rate_limited', 'SYNC_ALREADY_RUNNING', 'Another sync is in progress', {
        details: { ...details, sync_log_id: start.sync },
        headers: { ...headersAt(0, now + START_WINDOW), ...headers },
        retryAfter: RUNNING_RETRY,
      });
    case 'too_soon': {
      const retryAfter = Math.max(1, Math.ceil(start.until / 1000) - Math.floor(now / 1000));
      const message = `Rate limit exceeded. Try again in ${retryAfter} seconds.`;
      throw new ClinikoProblem('rate_limited', 'RATE_LIMIT_EXCEEDED', message, {
        details,
        headers: { ...headersAt(0, start.until), ...headers },
        retryAfter,
      });
    }
    case 'started': {
      const reply = {
        success: true as const,
        message: `Full patient sync started for organization ${orgId}`,
        operation_type: 'full_patients' as const,
        expected_duration: '30-120 seconds',
        sync_log_id: start.sync,
      };
      return new WithHeaders(reply, { ...headersAt(0, now + START_WINDOW), ...headers });
    }
  }
}
