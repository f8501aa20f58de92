import { createHash } from 'node:crypto';
import type { Organization } from './organization.ts';

/**
 * Keys of the items. In `cliniko`: one partition per organisation with its settings, the state of its syncs
 * and its patients; one per tenant with its counter; and two short partitions that list the due and the
 * running syncs of all tenants. In `operations`: one partition per organisation with the logs of its syncs.
 *
 * An organisation's id has no `#`, so no two organisations share a key.
 */
const nameOf = ({ tenant, orgId }: Organization) => `${orgId}#${tenant}`;

export const settingsKey = (organization: Organization) => ({
  pk: `ORG#${nameOf(organization)}`,
  sk: 'SETTINGS',
});

export const stateKey = (organization: Organization) => ({ pk: `ORG#${nameOf(organization)}`, sk: 'STATE' });

/**
 * Partition and sort key prefix of the patients of one Cliniko account. Other accounts use the same ids for
 * other people.
 */
export const patientsOf = (organization: Organization, account: string) => ({
  pk: `ORG#${nameOf(organization)}`,
  prefix: `PATIENT#${account}#`,
});

/** Pads ids so that they sort as numbers; the places of records without an id come after them. */
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

/** Counter for the numbers of a tenant's logs and patients. */
export const counterKey = (tenant: string) => ({ pk: `TENANT#${tenant}`, sk: 'COUNTER' });

/** Partition of the organisations with a running sync. */
export const runningPartition = 'RUNNING';
export const runningKey = (organization: Organization) => ({
  pk: runningPartition,
  sk: nameOf(organization),
});

/** Partition of the organisations with a schedule, sorted by due time. */
export const duePartition = 'DUE';
export const dueKey = (organization: Organization, at: string) => ({
  pk: duePartition,
  sk: `${at}#${nameOf(organization)}`,
});

/** Digest of an organisation's id, 32 hex digits: valid in names of secrets and of executions. */
export const digestOf = ({ tenant, orgId }: Organization): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, orgId]))
    .digest('hex')
    .slice(0, 32);
