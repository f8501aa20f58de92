import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, inject, onTestFinished, test } from 'vitest';
import { byName } from '../../core/by-name.ts';
import { queues, tables } from '../../core/contract/resources.ts';
import { present } from '../../core/invariant.ts';
import { newPatients } from '../patients/fixtures.ts';
import { rootClient } from '../root-client.ts';
import { ownService } from '../service/own.ts';

test('tells that the service answers, to anyone', async () => {
  const response = await fetch(`${inject('url')}/health`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ status: 'ok' });
});

const allAre = <S extends string>(names: readonly string[], state: S) => byName(names, () => state);

test('is ready when every table and every queue answers, and so does the issuer of tokens', async () => {
  const response = await fetch(`${inject('url')}/ready`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    status: 'ready',
    checks: allAre([...tables, ...queues, 'tokens'], 'ok'),
  });
});

test('an invalid token is refused even where none is needed', async () => {
  for (const path of ['/health', '/ready', '/metrics', '/openapi.json']) {
    const response = await fetch(inject('url') + path, { headers: { Authorization: 'Bearer x.y.z' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ detail: 'Not authenticated' });
  }
});

test('without its tables the service is healthy, says which of them it waits for, and other routes ask to come again', async () => {
  const { running, person } = await ownService();
  const { api } = await person();
  expect((await api.patients.create({ body: newPatients(1) })).status).toBe(201);
  running.killEngine();
  const ready = await fetch(`${running.url}/ready`);
  expect(ready.status).toBe(503);
  expect(Number(ready.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await ready.json()).toEqual({
    status: 'unavailable',
    checks: { ...allAre(tables, 'unavailable'), ...allAre([...queues, 'tokens'], 'ok') },
  });
  expect((await fetch(`${running.url}/health`)).status).toBe(200);
  const refused = await api.patients.create({ body: newPatients(1) });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('x-request-id')).toBeTruthy();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.body).toEqual({ detail: 'The request could not be finished in time' });
}, 60_000);

test('without one of its queues the service says which one it waits for', async () => {
  const { running } = await ownService();
  const client = new SQSClient(rootClient(running.awsEndpoint));
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  const gone = QueueUrls.find((url) => /adminBatches(?!DeadLetters)/.test(url));
  await client.send(new DeleteQueueCommand({ QueueUrl: gone }));
  const ready = await fetch(`${running.url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    {
      status: 'unavailable',
      checks: { ...allAre([...tables, ...queues, 'tokens'], 'ok'), adminBatches: 'unavailable' },
    },
  ]);
}, 60_000);

test('while its tables are silent the service says so after two seconds', async () => {
  const { running } = await ownService();
  const ready = () => fetch(`${running.url}/ready`);
  expect((await ready()).status).toBe(200);
  const engine = present(running.enginePid, 'the service has an engine of its own');
  process.kill(engine, 'SIGSTOP');
  onTestFinished(() => void process.kill(engine, 'SIGCONT'));
  const askedAt = performance.now();
  const answer = await (await ready()).json();
  const milliseconds = performance.now() - askedAt;
  expect(answer).toMatchObject({
    checks: { ...allAre(tables, 'unavailable'), ...allAre([...queues, 'tokens'], 'ok') },
  });
  // A request of the SDK alone waits for five seconds.
  expect(milliseconds).toBeLessThan(4_500);
}, 60_000);
