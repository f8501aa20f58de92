import { randomBytes } from 'node:crypto';
import { recordIds } from '../../core/record-id.ts';
import { serve } from '../../core/serve.ts';
import { smsEndpoints } from './sms-api.ts';
import { shownTemplate, storeTemplate } from './template-store.ts';

export const handler = serve(smsEndpoints.createTemplate, async ({ body, caller, clock }) => {
  const now = clock.now();
  const [id = ''] = recordIds([caller.tenantId], now, randomBytes);
  return { success: true, ...shownTemplate(await storeTemplate(caller.tenantId, body, id, now)) };
});
