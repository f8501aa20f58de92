import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import type { Action } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { invariant } from '../../../core/invariant.ts';
import { ClinikoSettings } from '../account/settings.ts';
import { counterKey, logKey, patientKey, settingsKey, stateKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { StoredPatient } from '../patients/patient.ts';
import { SyncLog } from './sync-log.ts';
import { emptyState, SyncState } from './sync-state.ts';

/** The settings of an organisation and the state of its syncs, as of one instant. */
export interface Snapshot {
  organization: Organization;
  settings: ClinikoSettings;
  state: SyncState;
}

/** The state of an organisation's syncs changed after it was read: read it again and decide anew. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/**
 * Loads the settings and the state of an organisation in one transaction.
 *
 * @returns `undefined` if the organisation is not registered.
 */
export async function readSnapshot(organization: Organization): Promise<Snapshot | undefined> {
  const TableName = tableName('cliniko');
  const [settings, state] = await dynamo().getTogether(TableName, [
    settingsKey(organization),
    stateKey(organization),
  ]);
  if (!settings) return undefined;
  return {
    organization,
    settings: ClinikoSettings.parse(settings),
    state: SyncState.parse({ ...emptyState, ...state }),
  };
}

/** The write that stores a log. */
export const logWrite = (organization: Organization, log: SyncLog): Action => ({
  Put: { TableName: tableName('operations'), Item: { ...logKey(organization, log.id), ...log } },
});

/** The write that stores a patient of the listed account. */
export const patientWrite = ({ organization, state }: Snapshot, patient: StoredPatient): Action => ({
  Put: {
    TableName: tableName('cliniko'),
    Item: { ...patientKey(organization, state.account, patient.cliniko_id), ...patient },
  },
});

/**
 * Replaces the state that was read (optimistic locking), together with further writes, in one transaction.
 *
 * @param more 99 writes at most (TransactWriteItems takes 100).
 * @returns the stored state.
 * @throws Overtaken if the state changed after `snapshot` was read.
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

/**
 * Reserves consecutive numbers of a tenant for new logs and patients.
 *
 * @returns the first of them.
 */
export async function takeNumbers(tenant: string, count: number): Promise<number> {
  const { item } = await dynamo().update({
    TableName: tableName('cliniko'),
    Key: counterKey(tenant),
    UpdateExpression: 'ADD last_number :count',
    ExpressionAttributeValues: { ':count': count },
    ReturnValues: 'UPDATED_NEW',
  });
  const last = item?.last_number;
  invariant(Number.isSafeInteger(last), 'ADD returns the new value of the counter');
  return Number(last) - count + 1;
}

/** Stored patients of the listed account, by Cliniko's id; unknown ids are left out. */
export async function findPatients(
  { organization, state }: Snapshot,
  ids: readonly string[],
): Promise<Map<string, StoredPatient>> {
  const keys = ids.map((id) => patientKey(organization, state.account, id));
  const items = await getAll(dynamo(), tableName('cliniko'), keys);
  const patients = items.all().map((item) => StoredPatient.parse(item));
  return new Map(patients.map((patient) => [patient.cliniko_id, patient]));
}

/** Loads a log, strongly consistent. */
export async function findLog(organization: Organization, id: number): Promise<SyncLog | undefined> {
  // Log and state are one transaction: TransactGetItems waits until it reached both, GetItem would not.
  const [log] = await dynamo().getTogether(tableName('operations'), [logKey(organization, id)]);
  return log && SyncLog.parse(log);
}
