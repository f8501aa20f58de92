import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import type { Action, Item, Put } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { invariant } from '../../../core/invariant.ts';
import { ClinikoSettings } from '../account/settings.ts';
import { counterKey, logKey, patientKey, settingsKey, stateKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { StoredPatient } from '../patients/patient.ts';
import { SyncLog, SyncProgress } from './sync-log.ts';
import { asSyncState, emptyState, formerRunOf, type SyncState } from './sync-state.ts';

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

/** Parses a state, with the counts of its run also if an earlier version began it. */
async function stateOf(organization: Organization, item: Item): Promise<SyncState> {
  const former = formerRunOf(item);
  return asSyncState(item, former && SyncProgress.parse(await storedLog(organization, former.sync)));
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
    state: await stateOf(organization, { ...emptyState, ...state }),
  };
}

/** The write that stores a log. */
export const logWrite = (organization: Organization, log: SyncLog): Action => ({
  Put: { TableName: tableName('operations'), Item: { ...logKey(organization, log.id), ...log } },
});

/** A stored patient before and after a sync saw it. */
export interface Change {
  before: StoredPatient | undefined;
  after: StoredPatient;
}

/**
 * The write that stores a patient of the listed account, if it is as it was read: `findPatients` may have
 * missed a write of the last second.
 */
export const patientWrite = ({ organization, state }: Snapshot, { before, after }: Change): Action => ({
  Put: {
    TableName: tableName('cliniko'),
    Item: { ...patientKey(organization, state.account, after.cliniko_id), ...after },
    ...(before
      ? {
          ConditionExpression: 'seen = :seen AND last_synced = :at',
          ExpressionAttributeValues: { ':seen': before.seen, ':at': before.last_synced },
        }
      : { ConditionExpression: 'attribute_not_exists(pk)' }),
  },
});

/**
 * Replaces the state that was read (optimistic locking), together with further writes, in one transaction.
 * Without any it is one plain write, which costs half.
 *
 * @param more 99 writes at most (TransactWriteItems takes 100).
 * @returns the stored state.
 * @throws Overtaken if the state, or what further writes are conditional on, changed after it was read.
 */
export async function commit(snapshot: Snapshot, next: SyncState, more: Action[]): Promise<SyncState> {
  const { organization, state } = snapshot;
  const stored = { ...next, version: state.version + 1, by: systemDeps.unique() };
  const unchanged =
    state.version === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#version = :version',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': state.version },
        };
  const Item = { ...stateKey(organization), ...stored };
  const put = { TableName: tableName('cliniko'), Item, ...unchanged };
  if (!(await isWritten(put, more))) throw new Overtaken('the state changed meanwhile');
  return stored;
}

async function isWritten(put: Put & { Item: Item }, more: Action[]): Promise<boolean> {
  if (more.length > 0) return (await transactOnce(dynamo(), systemDeps, [{ Put: put }, ...more])).done;
  const { done, item } = await dynamo().put({ ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  // A second sending, after an answer that was lost, finds what the first has written.
  return done || item?.by === put.Item.by;
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

/**
 * Stored patients of the listed account, by Cliniko's id; unknown ids are left out. Writes of the last second
 * may be missing, at half the price; `patientWrite` is conditional on what was read.
 */
export async function findPatients(
  { organization, state }: Snapshot,
  ids: readonly string[],
): Promise<Map<string, StoredPatient>> {
  const keys = ids.map((id) => patientKey(organization, state.account, id));
  const items = await getAll(dynamo(), tableName('cliniko'), keys, undefined, 'eventual');
  const patients = items.all().map((item) => StoredPatient.parse(item));
  return new Map(patients.map((patient) => [patient.cliniko_id, patient]));
}

/** Loads a log as it is stored, strongly consistent. */
async function storedLog(organization: Organization, id: number): Promise<SyncLog | undefined> {
  // Log and state are one transaction: TransactGetItems waits until it reached both, GetItem would not.
  const [log] = await dynamo().getTogether(tableName('operations'), [logKey(organization, id)]);
  return log && SyncLog.parse(log);
}

/** A log with the counts of its run, while that goes on. */
export const withCounts = (log: SyncLog, { run }: SyncState): SyncLog =>
  log.status === 'running' && run?.sync === log.id ? { ...log, ...run.progress } : log;

/** Loads a log, with the counts of its run if that is the snapshot's. */
export async function findLog(
  { organization, state }: Pick<Snapshot, 'organization' | 'state'>,
  id: number,
): Promise<SyncLog | undefined> {
  const log = await storedLog(organization, id);
  return log && withCounts(log, state);
}
