import { beforeAll, beforeEach, expect, test } from 'vitest';
import { noLimits } from '../../../local/limits/limits.ts';
import type { Running } from '../../../local/start.ts';
import { type FixtureQueue, fixtureQueue } from '../fixture/queue.ts';
import { eventually, post, startFixture } from '../fixture/run.ts';

let running: Running;
let queue: FixtureQueue;
beforeAll(async () => {
  running = await startFixture({ limits: noLimits });
  queue = await fixtureQueue(running);
});
beforeEach(() => running.setLimits(noLimits));

test('beyond the executions of the account a caller is refused by the gateway, and served a moment later', async () => {
  const call = () => post(`${running.url}/faults`, { kind: 'nothing' });
  running.setLimits({ ...noLimits, executionsMax: 2 });
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await call()).status));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
  expect(statuses.filter((status) => status === 500).length).toBeGreaterThan(0);
  expect((await call()).status).toBe(200);
});

test('a queue waits for an execution instead of losing its message', async () => {
  running.setLimits({ ...noLimits, executionsMax: 0 });
  await queue.send({ id: 'waits' });
  await new Promise((done) => setTimeout(done, 300));
  expect(await queue.timesSeen('waits')).toBe(0);
  running.setLimits(noLimits);
  await post(`${running.url}/faults`, { kind: 'nothing' });
  await eventually(async () => ((await queue.timesSeen('waits')) === 1 ? true : undefined));
});

test('a standard queue may deliver a message twice, and out of order', async () => {
  running.setLimits({ ...noLimits, doubledShare: 1 });
  await queue.send({ id: 'twice' });
  await eventually(async () => ((await queue.timesSeen('twice')) === 2 ? true : undefined));

  running.setLimits({ ...noLimits, lateShare: 1 });
  await queue.send({ id: 'late' });
  await new Promise((done) => setTimeout(done, 100));
  running.setLimits(noLimits);
  await queue.send({ id: 'young' });
  await eventually(async () => ((await queue.timesSeen('young')) === 1 ? true : undefined));
  expect(await queue.timesSeen('late')).toBe(0);
  await eventually(async () => ((await queue.timesSeen('late')) === 1 ? true : undefined));
});
