import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { clientSettings } from '../../core/aws-client.ts';

test('a call of AWS that gets no answer is given up after five seconds', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const client = new DynamoDBClient({
    ...clientSettings,
    endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  await expect(client.send(new ListTablesCommand())).rejects.toThrow(
    expect.objectContaining({ name: 'TimeoutError' }),
  );
}, 15_000);
