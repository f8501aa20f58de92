import { hasEnded } from '../../core/batch/record.ts';
import { WithHeaders } from '../../core/http/reply.ts';
import { header } from '../../core/http/request.ts';
import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import {
  adminBatchToReply,
  adminEngine,
  adminEntriesToReply,
  pollAfterSeconds,
  readOwn,
} from './batch/batch.ts';
import { languageOf } from './records/display.ts';

export const handler = serve(admin.status, async ({ params, caller, clock, event }) => {
  const batch = await readOwn(caller, params.batch_id);
  const summary = adminBatchToReply(batch, languageOf(header(event, 'accept-language')), clock.now());
  if (!hasEnded(batch)) return new WithHeaders(summary, { 'Retry-After': pollAfterSeconds });
  return { ...summary, ...adminEntriesToReply(await adminEngine().entries(batch.id)) };
});
