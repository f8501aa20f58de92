import { account, rootAccessKey } from '../account.ts';
import type { Log } from '../log.ts';
import { AwsError } from '../services/service.ts';
import type { Access, Judge } from './judge.ts';

/**
 * Checks that a principal may make these accesses.
 *
 * @throws AwsError AccessDenied with AWS's message (principal, action, resource), which is also logged.
 */
export type Guard = (principal: string, accesses: readonly Access[]) => void;

/**
 * Creates a guard over the policies of the stack.
 *
 * @param code the service's own code of the error, e.g. `AccessDeniedException`, `AccessDenied`.
 */
export function makeGuard(judge: Judge, log: Log, code = 'AccessDeniedException'): Guard {
  return (principal, accesses) => {
    const denied = judge.firstDenied(principal, accesses);
    if (!denied) return;
    const who = principal === rootAccessKey ? `arn:aws:iam::${account}:root` : assumed(principal);
    const message = `User: ${who} is not authorized to perform: ${denied.action} on resource: ${denied.resource} because no identity-based policy allows the ${denied.action} action`;
    log.write('iam', message);
    // DynamoDB and most JSON services answer 400, S3 and the others 403.
    throw new AwsError(code, message, code === 'AccessDeniedException' ? 400 : 403);
  };
}

const assumed = (role: string): string => `arn:aws:sts::${account}:assumed-role/${role}/local`;
