import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Caller } from '../../core/http/caller.ts';
import { bodyText, header } from '../../core/http/request.ts';

/**
 * What a request with an idempotency key is known by, in the content that it registers; `undefined` without a key. A transaction takes 100
 * actions, so the answer cannot be kept in the one that writes 100 contents: a repeated request recognises its own content instead.
 */
export function registrationOf(event: APIGatewayProxyEvent, caller: Caller): string | undefined {
  const key = header(event, 'idempotency-key');
  if (!key) return undefined;
  const parts = [caller.tenantId, caller.userId, key, bodyText(event)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
