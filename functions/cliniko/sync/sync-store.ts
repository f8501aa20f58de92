import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  TransactGetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { invariant } from '../../../core/invariant.ts';
import { ClinikoSettings } from '../account/settings.ts';
import { counterKey, logKey, patientKey, settingsKey, stateKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { StoredPatient } from '../patients/patient.ts';
import { SyncLog } from './sync-log.ts';
import { emptyState, SyncState } from './sync-state.ts';

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

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
  const { Responses: [settings, state] = [] } = await documents().send(
    new TransactGetCommand({
      TransactItems: [settingsKey(organization), stateKey(organization)].map((Key) => ({
        Get: { TableName, Key },
      })),
    }),
  );
  if (!settings?.Item) return undefined;
  return {
    organization,
    settings: ClinikoSettings.parse(settings.Item),
    state: SyncState.parse({ ...emptyState, ...state?.Item }),
  };
}

/** The write that stores a log. */
export const logWrite = (organization: Organization, log: SyncLog): Write => ({
  Put: { TableName: tableName('operations'), Item: { ...logKey(organization, log.id), ...log } },
});

/** The write that stores a patient of the listed account. */
export const patientWrite = ({ organization, state }: Snapshot, patient: StoredPatient): Write => ({
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
export async function commit(snapshot: Snapshot, next: SyncState, more: Write[]): Promise<SyncState> {
  const { organization, state } = snapshot;
  const stored = { ...next, version: state.version + 1 };
  try {
    await documents().send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Put: {
              TableName: tableName('cliniko'),
              Item: { ...stateKey(organization), ...stored },
              ...(state.version === 0
                ? { ConditionExpression: 'attribute_not_exists(pk)' }
                : {
                    ConditionExpression: '#version = :version',
                    ExpressionAttributeNames: { '#version': 'version' },
                    ExpressionAttributeValues: { ':version': state.version },
                  }),
            },
          },
          ...more,
        ],
      }),
    );
  } catch (error) {
    throw isOvertaken(error) ? new Overtaken('the state changed meanwhile') : error;
  }
  return stored;
}

/** True if the condition on the state failed, or another transaction is in progress on one of the items. */
function isOvertaken(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return false;
  const reasons = error.CancellationReasons ?? [];
  return (
    reasons[0]?.Code === 'ConditionalCheckFailed' ||
    reasons.some(({ Code }) => Code === 'TransactionConflict')
  );
}

/**
 * Reserves consecutive numbers of a tenant for new logs and patients.
 *
 * @returns the first of them.
 */
export async function takeNumbers(tenant: string, count: number): Promise<number> {
  const { Attributes } = await documents().send(
    new UpdateCommand({
      TableName: tableName('cliniko'),
      Key: counterKey(tenant),
      UpdateExpression: 'ADD last_number :count',
      ExpressionAttributeValues: { ':count': count },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  const last: unknown = Attributes?.last_number;
  invariant(Number.isSafeInteger(last), 'ADD returns the new value of the counter');
  return Number(last) - count + 1;
}

/** Stored patients of the listed account, by Cliniko's id; unknown ids are left out. */
export async function findPatients(
  { organization, state }: Snapshot,
  ids: readonly string[],
): Promise<Map<string, StoredPatient>> {
  const found = new Map<string, StoredPatient>();
  const table = tableName('cliniko');
  let keys: Record<string, unknown>[] = [...new Set(ids)].map((id) =>
    patientKey(organization, state.account, id),
  );
  while (keys.length > 0) {
    const { Responses = {}, UnprocessedKeys = {} } = await documents().send(
      new BatchGetCommand({
        RequestItems: { [table]: { Keys: keys.slice(0, 100), ConsistentRead: true } },
      }),
    );
    for (const item of Responses[table] ?? []) {
      const patient = StoredPatient.parse(item);
      found.set(patient.cliniko_id, patient);
    }
    keys = [...keys.slice(100), ...(UnprocessedKeys[table]?.Keys ?? [])];
  }
  return found;
}

/** Loads a log, strongly consistent. */
export async function findLog(organization: Organization, id: number): Promise<SyncLog | undefined> {
  const { Responses: [log] = [] } = await documents().send(
    new TransactGetCommand({
      TransactItems: [{ Get: { TableName: tableName('operations'), Key: logKey(organization, id) } }],
    }),
  );
  return log?.Item && SyncLog.parse(log.Item);
}
