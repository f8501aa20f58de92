import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Patient } from '../../../functions/patients/patient.ts';
import { changeOf, keyOf, recordOf } from './records.ts';

/** One request for each record, one after the other: what a loop over the records of a batch does. */
export async function createOneByOne(
  documents: DynamoDBDocumentClient,
  TableName: string,
  patients: Patient[],
): Promise<void> {
  for (const patient of patients)
    await documents.send(new PutCommand({ TableName, Item: recordOf(patient) }));
}

export async function updateOneByOne(
  documents: DynamoDBDocumentClient,
  table: string,
  patients: Patient[],
  phoneOf: (n: number) => string,
  at: string,
): Promise<void> {
  for (const [n, patient] of patients.entries())
    await documents.send(new UpdateCommand(changeOf(table, patient, phoneOf(n), at)));
}

export async function deleteOneByOne(
  documents: DynamoDBDocumentClient,
  TableName: string,
  patients: Patient[],
): Promise<void> {
  for (const patient of patients) await documents.send(new DeleteCommand({ TableName, Key: keyOf(patient) }));
}
