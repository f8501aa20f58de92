import { serve } from '../../core/http/serve.ts';
import { access } from './api.ts';
import { refuseHigherRole, tenantOfKeys } from './key-rules.ts';
import { deleteKey, findKey } from './key-store.ts';

export const handler = serve(access.removeKey, async ({ params, query, caller, clock, answer }) => {
  const now = clock.now();
  const key = await findKey(tenantOfKeys(caller, query.tenant_id), params.id, now);
  refuseHigherRole(key.role, caller);
  await deleteKey(key, { actor: caller.userId, now, answer: await answer(undefined, undefined) });
  return undefined;
});
