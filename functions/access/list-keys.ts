import { lastUses } from '../../core/http/api-key-use.ts';
import { serve } from '../../core/http/serve.ts';
import { access } from './api.ts';
import { keyToReply } from './key-reply.ts';
import { tenantOfKeys } from './key-rules.ts';
import { findKeys } from './key-store.ts';

export const handler = serve(access.listKeys, async ({ query, caller, clock }) => {
  const keys = await findKeys(tenantOfKeys(caller, query.tenant_id), clock.now());
  const uses = await lastUses(keys.map(({ id }) => id));
  return {
    api_keys: keys.map((key) => ({ ...keyToReply(key), last_used_at: uses.get(key.id) ?? null })),
  };
});
