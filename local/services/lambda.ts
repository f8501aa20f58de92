import type { Guard } from '../iam/guard.ts';
import { type Fleet, isThrottled } from '../lambda/fleet.ts';
import { arn } from '../template/resource-names.ts';
import { AwsError, type AwsService } from './service.ts';

/** Lambda's API for calls between functions: Invoke, synchronous or asynchronous. */
export function lambdaService(fleet: Fleet, guard: Guard): AwsService {
  return async ({ principal, method, url, headers, body }) => {
    const named = /^\/2015-03-31\/functions\/([^/?]+)\/invocations/.exec(url)?.[1];
    if (method !== 'POST' || !named)
      throw new AwsError('NotImplemented', `The local Lambda only knows Invoke, not ${method} ${url}`, 501);
    const asked = decodeURIComponent(named);
    const spec = fleet.find(asked);
    guard(principal, [
      { action: 'lambda:InvokeFunction', resource: arn('lambda', `function:${spec?.name ?? asked}`) },
    ]);
    if (!spec) throw new AwsError('ResourceNotFoundException', `Function not found: ${asked}`, 404);
    const payload = body.length === 0 ? '{}' : body.toString();
    if (headers['x-amz-invocation-type'] === 'Event') {
      void fleet.deliver(spec.name, payload);
      return { status: 202, headers: {}, body: '' };
    }
    const outcome = await fleet.invoke(spec.name, payload);
    if (isThrottled(outcome)) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    if (outcome.kind === 'failure')
      return {
        status: 200,
        headers: { 'x-amz-function-error': 'Unhandled' },
        body: JSON.stringify(outcome.error),
      };
    return { status: 200, headers: {}, body: outcome.kind === 'answer' ? outcome.payload : '' };
  };
}
