import { type Claims, type ClaimsOptions, openClaims } from '../../core/batch/claims.ts';
import { log } from '../../core/log.ts';
import { send } from '../../core/queue.ts';

/** What the batches of content are to every function. */
export const contentBatches: ClaimsOptions = {
  name: 'content',
  send: (tenant, message) => send('contentBatches', tenant, message),
  onEnded: async ({ id, kind, status, total, succeeded, failed }) =>
    log('info', 'content batch ended', { batch: id, kind, status, total, succeeded, failed }),
};

let claims: Claims | undefined;

/** The claims of content batches, for the driver of the chain; opened on first use. */
export function contentClaims(): Claims {
  claims ??= openClaims(contentBatches);
  return claims;
}
