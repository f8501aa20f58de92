import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Caller } from '../../core/http/caller.ts';
import { bodyIdentity, header } from '../../core/http/request.ts';

/**
 * A fingerprint of a request with an idempotency key, stored in the content that it registers; `undefined`
 * without a key. A transaction takes 100 actions, so the one that writes 100 contents has no room for the
 * answer; a repeated request recognises its own content.
 */
export function registrationOf(event: APIGatewayProxyEvent, caller: Caller): string | undefined {
  const key = header(event, 'idempotency-key');
  if (!key) return undefined;
  const parts = [caller.tenantId, caller.userId, key, bodyIdentity(event)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
