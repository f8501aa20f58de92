import { randomBytes } from 'node:crypto';
import { serve } from '../../core/http/serve.ts';
import { present } from '../../core/invariant.ts';
import { recordIds } from '../../core/record-id.ts';
import { smsEndpoints } from './sms/api.ts';
import { storeTemplate, templateToReply } from './sms/templates/store.ts';

export const handler = serve(smsEndpoints.createTemplate, async ({ body, caller, clock }) => {
  const now = clock.now();
  const [id] = recordIds([caller.tenantId], now, randomBytes);
  return {
    success: true,
    ...templateToReply(await storeTemplate(caller.tenantId, body, present(id, 'one id for one tenant'), now)),
  };
});
