import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chunksOf } from '../../../core/parallel.ts';
import type { Patient } from '../../../functions/patients/patient.ts';
import { recordOf } from './records.ts';

/** BatchWriteItem, 25 at a time, all at once: the fewest units that creations can cost, atomic in nothing. */
export async function createByBatches(
  documents: DynamoDBDocumentClient,
  table: string,
  patients: Patient[],
): Promise<void> {
  await Promise.all(
    chunksOf(patients, 25).map((chunk) =>
      documents.send(
        new BatchWriteCommand({
          RequestItems: { [table]: chunk.map((patient) => ({ PutRequest: { Item: recordOf(patient) } })) },
        }),
      ),
    ),
  );
}
