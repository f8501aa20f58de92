import {
  BatchGetCommand,
  TransactGetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import type { ClinikoSettings } from '../account/settings.ts';
import { counterKey, logKey, patientKey, settingsKey, stateKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import type { StoredPatient } from '../patients/patient.ts';
import type { SyncLog } from './sync-log.ts';
import { emptyState, type SyncState } from './sync-state.ts';

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What a step of a sync reads and changes, at one instant. */
export interface Snapshot {
  organization: Organization;
  settings: ClinikoSettings;
  state: SyncState;
}

/** Somebody else changed the state of an organisation's syncs first; what is decided must be decided anew. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** @returns `undefined` for an organisation that nobody has registered. */
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
    settings: settings.Item as ClinikoSettings,
    state: { ...emptyState, ...(state?.Item as SyncState | undefined) },
  };
}

/** Puts a log in its place. */
export const logWrite = (organization: Organization, log: SyncLog): Write => ({
  Put: { TableName: tableName('operations'), Item: { ...logKey(organization, log.id), ...log } },
});

/** Puts a patient in its place, among those of the account that is listed. */
export const patientWrite = ({ organization, state }: Snapshot, patient: StoredPatient): Write => ({
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

/** The condition on the state failed, or another transaction holds it right now. */
function isOvertaken(error: unknown): boolean {
  const { name, CancellationReasons: reasons = [] } = error as {
    name?: string;
    CancellationReasons?: { Code?: string }[];
  };
  if (name !== 'TransactionCanceledException') return false;
  return (
    reasons[0]?.Code === 'ConditionalCheckFailed' ||
    reasons.some(({ Code }) => Code === 'TransactionConflict')
  );
}

/** The first of so many new numbers of a tenant, for its logs and patients. */
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
  return Number(Attributes?.last_number) - count + 1;
}

/** The patients with these ids of Cliniko's, by id; those that are not there are left out. */
export async function findPatients(
  { organization, state }: Snapshot,
  ids: readonly string[],
): Promise<Map<string, StoredPatient>> {
  const found = new Map<string, StoredPatient>();
  const table = tableName('cliniko');
  let keys = [...new Set(ids)].map(
    (id) => patientKey(organization, state.account, id) as Record<string, unknown>,
  );
  while (keys.length > 0) {
    const { Responses = {}, UnprocessedKeys = {} } = await documents().send(
      new BatchGetCommand({
        RequestItems: { [table]: { Keys: keys.slice(0, 100), ConsistentRead: true } },
      }),
    );
    for (const item of Responses[table] ?? []) {
      const { pk: _pk, sk: _sk, ...patient } = item;
      found.set(String(patient.cliniko_id), patient as StoredPatient);
    }
    keys = [...keys.slice(100), ...(UnprocessedKeys[table]?.Keys ?? [])];
  }
  return found;
}

/** The log with this id. */
export async function findLog(organization: Organization, id: number): Promise<SyncLog | undefined> {
  const { Responses: [log] = [] } = await documents().send(
    new TransactGetCommand({
      TransactItems: [{ Get: { TableName: tableName('operations'), Key: logKey(organization, id) } }],
    }),
  );
  return log?.Item as SyncLog | undefined;
}
