/**
 * `node tests/core/batch/throughput.ts`: operations a second through queue and worker, against the same transactions in a plain loop.
 *
 * Both do 1,000 operations in chunks of 25 on the real engine, in turns; the figure is the median of the rounds. The queue is the local run's,
 * in this process; each message is a delivery of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChunkMessage } from '../../../core/batch/context.ts';
import { openEngine } from '../../../core/batch/engine.ts';
import { startQueueEngine } from '../../../local/services/queue-engine.ts';
import { marks } from './effects.ts';
import { startTable } from './table.ts';

const OPERATIONS = 1_000;
const ROUNDS = 9;
const WARM_UP = 2;

const table = await startTable();
const folder = await mkdtemp(join(tmpdir(), 'bulkhead-throughput-'));
const queueEngine = await startQueueEngine(folder);
const QueueUrl = 'http://127.0.0.1/000000000000/chunks';
const queue = queueEngine.queues.createQueue(
  'chunks',
  QueueUrl,
  'arn:aws:sqs:us-east-1:000000000000:chunks',
  {},
);

const engine = openEngine({
  name: 'throughput',
  kinds: { marks: marks(table) },
  store: table.store,
  table: () => table.name,
  send: async (_, message) => {
    await queueEngine.answer({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' },
      body: Buffer.from(JSON.stringify({ QueueUrl, MessageBody: JSON.stringify(message) })),
    });
  },
});

const names = (round: string) => Array.from({ length: OPERATIONS }, (_, n) => `${round}-${n}`);

/** Opening is part of it, as is all that the queue does. */
async function throughQueue(round: string): Promise<void> {
  await engine.open({
    ...{ id: round, kind: 'marks', tenant: 't', user: 'u' },
    operations: names(round).map((name) => ({ data: { name } })),
  });
  const working = new Set<Promise<void>>();
  let ended = false;
  const deliver = async (body: string, receipt: string) => {
    await engine.work(JSON.parse(body) as ChunkMessage, 1);
    queue.deleteMessage(receipt);
  };
  while (!ended) {
    for (const { Body, ReceiptHandle } of queue.dequeue(10)) {
      const work: Promise<void> = deliver(Body, ReceiptHandle).finally(() => working.delete(work));
      working.add(work);
    }
    // Whoever finishes a chunk has sent the next message before.
    if (working.size > 0) await Promise.race(working);
    ended = working.size === 0 && queue.messages.length === 0;
  }
  const batch = await engine.read(round);
  if (batch?.succeeded !== OPERATIONS) throw new Error('not all operations were done');
}

/** The same reads and transactions, one after the other, without opening, queue or engine. */
async function plainLoop(round: string): Promise<void> {
  const { store, name: TableName } = table;
  const all = names(round);
  const counter = { pk: `PLAIN#${round}`, sk: 'COUNT' };
  await store.put({ TableName, Item: { ...counter, done: 0 } });
  for (let from = 0; from < OPERATIONS; from += 25) {
    const keys = all.slice(from, from + 25).map((name) => ({ pk: `EFFECT#${name}`, sk: 'EFFECT' }));
    await store.getMany(TableName, keys);
    await store.transact([
      {
        Update: {
          TableName,
          Key: counter,
          UpdateExpression: 'SET done = done + :n',
          ExpressionAttributeValues: { ':n': keys.length },
        },
      },
      {
        Put: {
          TableName,
          Item: { pk: counter.pk, sk: `CHUNK#${from}`, outcomes: keys.map(({ pk }) => ({ result: { pk } })) },
        },
      },
      ...keys.map((Item) => ({ Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } })),
    ]);
  }
}

/** Operations a second. */
async function rate(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return OPERATIONS / ((performance.now() - began) / 1_000);
}

const median = (numbers: number[]): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;

const rates = { queue: [] as number[], loop: [] as number[] };
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  const loop = await rate(() => plainLoop(`loop${round}`));
  const through = await rate(() => throughQueue(`queue${round}`));
  if (round < WARM_UP) continue;
  rates.loop.push(loop);
  rates.queue.push(through);
}
const ratios = rates.queue.map((through, round) => through / (rates.loop[round] ?? 1));
console.log(
  `operations a second: ${median(rates.queue).toFixed(0)} through queue and worker, ${median(rates.loop).toFixed(0)} in a plain loop`,
);
console.log(`ratio: ${median(ratios).toFixed(2)} (aim: at least 0.7)`);
await queueEngine.stop();
await table.stop();
await rm(folder, { recursive: true });
