import { createHash } from 'node:crypto';
import type { Organization } from './organization.ts';

/**
 * Where things are. In `cliniko`: a partition for each organisation with its settings, the state of its syncs and its patients; one for
 * each tenant with its counters; and two short lists of what is due or running, over all tenants.
 * In `operations`: a partition for each organisation with the logs of its syncs.
 *
 * An organisation's id has no `#`, so no two organisations share a key.
 */
const nameOf = ({ tenant, orgId }: Organization) => `${orgId}#${tenant}`;

export const settingsKey = (organization: Organization) => ({
  pk: `ORG#${nameOf(organization)}`,
  sk: 'SETTINGS',
});

export const stateKey = (organization: Organization) => ({ pk: `ORG#${nameOf(organization)}`, sk: 'STATE' });

/** What the keys of an organisation's patients begin with. Each Cliniko account has its own: their ids mean different people. */
export const patientsOf = (organization: Organization, account: string) => ({
  pk: `ORG#${nameOf(organization)}`,
  prefix: `PATIENT#${account}#`,
});

/** Ids of any length sort as numbers; the places of records without an id come behind them. */
export function patientKey(organization: Organization, account: string, clinikoId: string) {
  const { pk, prefix } = patientsOf(organization, account);
  return { pk, sk: prefix + clinikoId.padStart(20, '0') };
}

export const logsOf = (organization: Organization) => ({
  pk: `SYNCS#${nameOf(organization)}`,
  prefix: 'LOG#',
});

export const logKey = (organization: Organization, id: number) => ({
  pk: `SYNCS#${nameOf(organization)}`,
  sk: `LOG#${String(id).padStart(15, '0')}`,
});

/** Hands out the numbers of a tenant's logs and patients. */
export const counterKey = (tenant: string) => ({ pk: `TENANT#${tenant}`, sk: 'COUNTER' });

/** Organisations with a running sync. */
export const runningPartition = 'RUNNING';
export const runningKey = (organization: Organization) => ({
  pk: runningPartition,
  sk: nameOf(organization),
});

/** Organisations with a schedule, the next one due first. */
export const duePartition = 'DUE';
export const dueKey = (organization: Organization, at: string) => ({
  pk: duePartition,
  sk: `${at}#${nameOf(organization)}`,
});

/** A name for an organisation that is safe wherever a name may be: of a secret, of an execution. */
export const digestOf = ({ tenant, orgId }: Organization): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, orgId]))
    .digest('hex')
    .slice(0, 32);
