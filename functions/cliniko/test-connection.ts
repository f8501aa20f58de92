import { serve } from '../../core/serve.ts';
import { accountName } from './account-name.ts';
import { cliniko } from './api.ts';
import { TooEarly } from './cliniko-client.ts';
import { problemOf } from './errors.ts';
import { ClinikoFault } from './faults.ts';
import { countPatients } from './lists.ts';
import { organizationId, organizationNotFound, organizationOf } from './organization.ts';
import { accountOf, findSettings } from './settings.ts';
import { world } from './world.ts';

export const handler = serve(cliniko.testConnection, async ({ params: { orgId }, caller, clock }) => {
  const settings = await findSettings(organizationOf(caller, orgId));
  if (!settings) throw organizationNotFound(orgId);
  const account = await accountOf(settings, clock.now());
  try {
    const { active, archived } = await countPatients(account, world);
    const { name, id } = await accountName(account, world);
    return {
      status: 'connected' as const,
      total_patients: active + archived,
      api_version: 'v1' as const,
      connection_test: 'passed' as const,
      organization: { name: name ?? settings.name, cliniko_id: id },
    };
  } catch (error) {
    const details = { organization_id: organizationId(orgId) };
    if (error instanceof ClinikoFault) throw problemOf(error.name, details);
    if (!(error instanceof TooEarly)) throw error;
    throw problemOf(
      'ClinikoRateLimited',
      details,
      Math.max(1, Math.ceil((error.until - clock.now()) / 1000)),
    );
  }
});
