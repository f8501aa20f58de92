import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import type { Action } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import type { Settings } from '../account/settings.ts';
import { counterKey, logKey, patientKey, settingsKey, stateKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import type { StoredPatient } from '../patients/patient.ts';
import type { SyncLog } from './sync-log.ts';
import { emptyState, type SyncState } from './sync-state.ts';

/** What a step of a sync reads and changes, at one instant. */
export interface Snapshot {
  organization: Organization;
  settings: Settings;
  state: SyncState;
}

/** Somebody else changed the state of an organisation's syncs first; what is decided must be decided anew. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** @returns `undefined` for an organisation that nobody has registered. */
export async function readSnapshot(organization: Organization): Promise<Snapshot | undefined> {
  const TableName = tableName('cliniko');
  const [settings, state] = await dynamo().getTogether(TableName, [
    settingsKey(organization),
    stateKey(organization),
  ]);
  if (!settings) return undefined;
  return {
    organization,
    settings: settings as unknown as Settings,
    state: { ...emptyState, ...(state as unknown as SyncState | undefined) },
  };
}

/** Puts a log in its place. */
export const logWrite = (organization: Organization, log: SyncLog): Action => ({
  Put: { TableName: tableName('operations'), Item: { ...logKey(organization, log.id), ...log } },
});

/** Puts a patient in its place, among those of the account that is listed. */
export const patientWrite = ({ organization, state }: Snapshot, patient: StoredPatient): Action => ({
  Put: {
    TableName: tableName('cliniko'),
    Item: { ...patientKey(organization, state.account, patient.cliniko_id), ...patient },
  },
});

/**
 * Makes the next state of an organisation's syncs the present one, and everything that belongs to it with it, or nothing.
 *
 * @param more 99 writes at most (DynamoDB's limit for a transaction is 100).
 * @returns the state as it is now.
 * @throws Overtaken if `snapshot` is not the present state any more.
 */
export async function commit(snapshot: Snapshot, next: SyncState, more: Action[]): Promise<SyncState> {
  const { organization, state } = snapshot;
  const stored = { ...next, version: state.version + 1 };
  const unchanged =
    state.version === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#version = :version',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': state.version },
        };
  const Item = { ...stateKey(organization), ...stored };
  const { done } = await transactOnce(dynamo(), systemDeps, [
    { Put: { TableName: tableName('cliniko'), Item, ...unchanged } },
    ...more,
  ]);
  if (!done) throw new Overtaken('the state changed meanwhile');
  return stored;
}

/** The first of so many new numbers of a tenant, for its logs and patients. */
export async function takeNumbers(tenant: string, count: number): Promise<number> {
  const { item } = await dynamo().update({
    TableName: tableName('cliniko'),
    Key: counterKey(tenant),
    UpdateExpression: 'ADD last_number :count',
    ExpressionAttributeValues: { ':count': count },
    ReturnValues: 'UPDATED_NEW',
  });
  return Number(item?.last_number) - count + 1;
}

/** The patients with these ids of Cliniko's, by id; those that are not there are left out. */
export async function findPatients(
  { organization, state }: Snapshot,
  ids: readonly string[],
): Promise<Map<string, StoredPatient>> {
  const keys = ids.map((id) => patientKey(organization, state.account, id));
  const found = new Map<string, StoredPatient>();
  for (const { pk: _pk, sk: _sk, ...patient } of (await getAll(dynamo(), tableName('cliniko'), keys)).all())
    found.set(String(patient.cliniko_id), patient as unknown as StoredPatient);
  return found;
}

/** The log with this id. */
export async function findLog(organization: Organization, id: number): Promise<SyncLog | undefined> {
  const log = await dynamo().get(tableName('operations'), logKey(organization, id));
  return log as SyncLog | undefined;
}
