import { serve } from '../../core/http/serve.ts';
import { smsEndpoints } from './sms/api.ts';
import { allTemplates, templateToReply } from './sms/templates/store.ts';

export const handler = serve(smsEndpoints.listTemplates, async ({ caller }) => {
  const templates = await allTemplates(caller.tenantId);
  return { success: true, templates: templates.map(templateToReply), total: templates.length };
});
