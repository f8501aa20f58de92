import type { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import { openEngine } from '../../../core/batch/engine.ts';
import { startQueueEngine } from '../../../local/services/queue-engine.ts';
import { marks } from '../../core/batch/effects.ts';
import { startTable, type TestTable } from '../../core/batch/table.ts';
import { markInLoop } from '../baselines/plain-loop.ts';
import { type Cleanup, temporaryFolder } from '../cleanup.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { interleaved } from '../rounds.ts';

export const title = 'Asynchronous batches';
export const about =
  'Operations that each write one item: opened as a batch, sent through the local run’s queue, worked off and closed, against the same reads and transactions in a plain loop. One engine in memory, one worker.';

/**
 * The most that an operation may take of what it takes in the loop: at least 0.7 of its operations a second. Opening, queue and closing are a
 * fixed cost, which a batch of 100 cannot spread.
 */
const aims: Record<number, number> = { 1000: 1.43, 5000: 1.43 };

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const table = await startTable();
  cleanup.later(() => table.stop());
  const throughQueue = await queuedBatches(cleanup, table);
  const figures: Figure[] = [];
  for (const size of effort.quick ? [1_000] : [100, 1_000, 5_000]) {
    let round = 0;
    let names: string[] = [];
    const prepare = async () => {
      round += 1;
      names = Array.from({ length: size }, (_, n) => `${size}-${round}-${n}`);
    };
    const timings = await interleaved(
      {
        batch: { prepare, run: () => throughQueue(`${size}-${round}`, names) },
        'plain loop': { prepare, run: () => markInLoop(table, `${size}-${round}`, names) },
      },
      effort.roundsFor(size),
    );
    const per = { ours: size, baseline: size };
    figures.push(
      compare(`one operation of ${size}`, timings, {
        ours: 'batch',
        baseline: 'plain loop',
        aim: aims[size],
        per,
      }),
    );
  }
  return figures;
}

/** An engine with a real queue, and a worker that takes its messages. Resolves when every operation of the batch is done. */
async function queuedBatches(cleanup: Cleanup, table: TestTable) {
  const queueEngine = await startQueueEngine(await temporaryFolder(cleanup));
  cleanup.later(() => queueEngine.stop());
  const QueueUrl = 'http://127.0.0.1/000000000000/chunks';
  const arn = 'arn:aws:sqs:us-east-1:000000000000:chunks';
  const queue = queueEngine.queues.createQueue('chunks', QueueUrl, arn, {});
  const engine = openEngine({
    name: 'bench',
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
  return async (id: string, names: string[]): Promise<void> => {
    const operations = names.map((name) => ({ data: { name } }));
    await engine.open({ id, kind: 'marks', tenant: 't', user: 'u', operations });
    for (let got = queue.dequeue(10); got.length > 0; got = queue.dequeue(10)) {
      for (const { Body, ReceiptHandle } of got) {
        await engine.work(JSON.parse(Body) as ChunkMessage, 1);
        queue.deleteMessage(ReceiptHandle);
      }
    }
    const batch = await engine.read(id);
    if (batch?.succeeded !== names.length) throw new Error('not every operation was done');
  };
}
