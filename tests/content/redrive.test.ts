import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { keysOf } from '../../core/batch/keys.ts';
import { contentWorkers } from '../../functions/content/workers.ts';
import type { Running } from '../../local/start.ts';
import { rootClient } from '../root-client.ts';
import { ownService } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { contentOf, creator, idOf, newIds, registered } from './creators.ts';
import { post } from './workers.ts';

const keys = keysOf('content');

/** The batches behind the API's back. */
function batchesOf({ awsEndpoint, stack }: Running) {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(rootClient(awsEndpoint)));
  const table = stack
    .resources('AWS::DynamoDB::GlobalTable')
    .find(({ logicalId }) => /operations/i.test(logicalId));
  const TableName = table?.name ?? '';
  return {
    /** As if a message of the tenant were on its way already: no batch of theirs is begun before it comes. */
    hold: (tenant: string) =>
      client.send(new PutCommand({ TableName, Item: { ...keys.tenantQueue(tenant), turn: 1, busy: true } })),
    setKind: (id: string, kind: string) =>
      client.send(
        new UpdateCommand({
          TableName,
          Key: keys.batch(id),
          UpdateExpression: 'SET kind = :kind',
          ExpressionAttributeValues: { ':kind': kind },
        }),
      ),
  };
}

test('a batch that ended early since its work was given up is completed by redriving the dead letter', async () => {
  const { running } = await ownService();
  const batches = batchesOf(running);
  const mine = await creator({ url: running.url });
  const ids = await registered(mine, newIds(3));
  await batches.hold(mine.tenantId);
  const updates = { title: 'After all' };
  const batchId = idOf(
    await mine.api.content.batchUpdateMetadata({ body: { creator: mine.creator, contentIds: ids, updates } }),
  );
  const message = { version: 1, tenant: mine.tenantId, batch: batchId, chunk: 0 };
  const read = async () => (await mine.api.content.getBatch({ params: { batchId } })).body;
  // A version of the worker that does not know what to do gets the message for the fifth time, after which SQS takes it for dead.
  await batches.setKind(batchId, 'from-a-later-version');
  const record = {
    messageId: 'm',
    body: JSON.stringify(message),
    attributes: { ApproximateReceiveCount: '5' },
  };
  const outcome = await runWorker(running, contentWorkers.workBatch, { Records: [record] });
  expect(JSON.parse((outcome as { payload: string }).payload)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm' }],
  });
  await batches.setKind(batchId, 'update-metadata');
  expect(await read()).toMatchObject({ status: 'failed', totalItems: 3, successCount: 0, results: [] });
  // What a redrive does: the message is on its queue again.
  await post(running, 'contentBatches', [message]);
  await expect
    .poll(read, { timeout: 20_000 })
    .toMatchObject({ status: 'completed', successCount: 3, failureCount: 0 });
  for (const id of ids) expect(await contentOf(mine, id)).toMatchObject({ title: 'After all' });
});
