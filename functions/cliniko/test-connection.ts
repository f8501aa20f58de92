import { organizationId } from '../../core/contract/organization-id.ts';
import type { CodedProblem } from '../../core/http/coded-problem.ts';
import { serve } from '../../core/http/serve.ts';
import { TooEarly } from './account/client.ts';
import { loadAccount } from './account/connection.ts';
import { clinikoDeps } from './account/deps.ts';
import { accountOf, findSettings } from './account/settings.ts';
import { cliniko } from './api.ts';
import { problemOf } from './errors.ts';
import { ClinikoFault } from './faults.ts';
import { organizationNotFound, organizationOf } from './organization.ts';

/**
 * The problem that a waiting caller gets for an error that Cliniko caused; `undefined` for any other error.
 */
function refusalOf(error: unknown, orgId: string): CodedProblem | undefined {
  const details = { organization_id: organizationId(orgId) };
  if (error instanceof ClinikoFault) return problemOf(error.name, details);
  if (!(error instanceof TooEarly)) return undefined;
  const seconds = Math.max(1, Math.ceil((error.until - clinikoDeps.now()) / 1000));
  return problemOf('ClinikoRateLimited', details, seconds);
}

export const handler = serve(cliniko.testConnection, async ({ params: { orgId }, caller, clock }) => {
  const organization = organizationOf(caller, orgId);
  const settings = await findSettings(organization);
  if (!settings) throw organizationNotFound(orgId);
  const account = await accountOf(organization, settings, clock.now());
  const { patients, name, id } = await loadAccount(account, clinikoDeps).catch((error: unknown) => {
    throw refusalOf(error, orgId) ?? error;
  });
  return {
    status: 'connected' as const,
    total_patients: patients,
    api_version: 'v1' as const,
    connection_test: 'passed' as const,
    organization: { name: name ?? settings.name, cliniko_id: id },
  };
});
