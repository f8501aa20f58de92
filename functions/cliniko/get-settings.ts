import { serve } from '../../core/http/serve.ts';
import { findSettings, settingsToReply } from './account/settings.ts';
import { cliniko } from './api.ts';
import { organizationNotFound, organizationOf } from './organization.ts';

export const handler = serve(cliniko.getSettings, async ({ params: { orgId }, caller }) => {
  const settings = await findSettings(organizationOf(caller, orgId));
  if (!settings) throw organizationNotFound(orgId);
  return settingsToReply(orgId, settings);
});
