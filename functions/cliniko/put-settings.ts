import { InvalidInput } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { putSettings, settingsToReply } from './account/settings.ts';
import { cliniko } from './api.ts';
import { organizationOf } from './organization.ts';

export const handler = serve(cliniko.putSettings, async ({ params: { orgId }, body, caller, clock }) => {
  const settings = await putSettings(organizationOf(caller, orgId), body, clock.now());
  if (settings) return settingsToReply(orgId, settings);
  const issue = { code: 'custom' as const, path: ['api_key'], message: 'is required', input: undefined };
  throw new InvalidInput([{ place: 'body', issue }]);
});
