import { BatchGetCommand, type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Action } from '../../../core/dynamo/store.ts';
import { chunksOf } from '../../../core/parallel.ts';
import type { Patient } from '../../../functions/patients/patient.ts';
import { changeOf, keyOf, recordOf } from './records.ts';

/** What DynamoDB takes in one transaction, and in one batch of reads. */
const ACTIONS = 100;

/**
 * TransactWriteItems, 100 at a time, all at once: the least that DynamoDB's own transactions cost for so many records.
 * Each hundred is atomic, the whole is not; nothing is counted and nothing is recorded.
 */
async function transact(documents: DynamoDBDocumentClient, actions: Action[]): Promise<void> {
  await Promise.all(
    chunksOf(actions, ACTIONS).map((TransactItems) =>
      documents.send(new TransactWriteCommand({ TransactItems })),
    ),
  );
}

export const createByTransactions = (
  documents: DynamoDBDocumentClient,
  TableName: string,
  patients: Patient[],
): Promise<void> =>
  transact(
    documents,
    patients.map((patient) => ({
      Put: { TableName, Item: recordOf(patient), ConditionExpression: 'attribute_not_exists(pk)' },
    })),
  );

/** Changes without having read what is changed: who does so can neither answer with the records nor tell which one is missing. */
export const updateBlindly = (
  documents: DynamoDBDocumentClient,
  table: string,
  patients: Patient[],
  phoneOf: (n: number) => string,
  at: string,
): Promise<void> =>
  transact(
    documents,
    patients.map((patient, n) => ({ Update: changeOf(table, patient, phoneOf(n), at) })),
  );

/** Reads the records, as an endpoint must that answers with them, and then changes them. */
export async function updateByTransactions(
  documents: DynamoDBDocumentClient,
  table: string,
  patients: Patient[],
  phoneOf: (n: number) => string,
  at: string,
): Promise<void> {
  const pages = await Promise.all(
    chunksOf(patients.map(keyOf), ACTIONS).map((Keys) =>
      documents.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } })),
    ),
  );
  const found = pages.flatMap(({ Responses }) => Responses?.[table] ?? []);
  if (found.length !== patients.length) throw new Error('Records are missing');
  await updateBlindly(documents, table, patients, phoneOf, at);
}

export const deleteByTransactions = (
  documents: DynamoDBDocumentClient,
  TableName: string,
  patients: Patient[],
): Promise<void> =>
  transact(
    documents,
    patients.map((patient) => ({ Delete: { TableName, Key: keyOf(patient) } })),
  );
