import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentWorkers } from '../../functions/content/workers.ts';
import { projectAssembly } from '../../local/project.ts';
import { start } from '../../local/start.ts';
import { runWorker } from '../service/run-worker.ts';
import { verified } from '../service/verified.ts';
import { chainPrice, contentOfTx, faults, ledgerOf } from './chain.ts';
import { contentOf, creator, ended, idOf, newIds, registered } from './creators.ts';
import { post } from './workers.ts';

/** Does this again and again, with a pause between. */
function every(milliseconds: number, work: () => Promise<void>) {
  let stopped = false;
  const working = (async () => {
    while (!stopped) {
      await work();
      await new Promise((done) => setTimeout(done, milliseconds));
    }
  })();
  return {
    stop: () => {
      stopped = true;
      return working;
    },
  };
}

/** A quarter of the node's answers is lost, another quarter is a 503, and its API lags behind. */
const TROUBLE = { seed: 3, lost: 0.25, busy: 0.25, lag: 200 };

test('ends every batch that it accepted, each price executed once, though the node fails at every other call, messages come twice, and everything is killed three times', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-restart-'));
  const begin = async () => {
    const begun = await start({ assembly: await projectAssembly(), port: 0, dataDir });
    await faults(begun.stacksUrl, TROUBLE);
    return begun;
  };
  let service = await begin();
  const address = 'SP-restart';
  const ids = newIds(30);
  await registered(await creator({ url: service.url, address, tenantId: 't' }), ids);
  const accepted: string[] = [];
  for (let round = 1; round <= 3; round++) {
    const mine = await creator({ url: service.url, address, tenantId: 't' });
    accepted.push(
      idOf(
        await mine.api.content.batchUpdatePrice({
          body: { creator: address, contentIds: ids, newPrice: round },
        }),
      ),
    );
    const updates = { title: `Round ${round}` };
    accepted.push(
      idOf(
        await mine.api.content.batchUpdateMetadata({ body: { creator: address, contentIds: ids, updates } }),
      ),
    );
    const chunks = [0, 1].map((chunk) => ({ version: 1, tenant: 't', batch: accepted.at(-2), chunk }));
    await post(service, 'contentBatches', [...chunks, ...chunks]);
    await post(service, 'contentChain', [{ version: 1 }, { version: 1 }]);
    await new Promise((done) => setTimeout(done, round * 400));
    await service.crash();
    service = await begin();
  }
  const mine = await creator({ url: service.url, address, tenantId: 't' });
  const jobs = every(300, async () => {
    await runWorker(service, contentWorkers.sweep);
    await post(service, 'contentChain', [{ version: 1 }]);
  });
  for (const batchId of accepted)
    expect(await ended(mine, batchId)).toMatchObject({
      status: 'completed',
      successCount: 30,
      failureCount: 0,
    });
  await jobs.stop();
  await faults(service.stacksUrl);
  const { transactions } = await ledgerOf(service.stacksUrl);
  const executed = transactions.filter(({ tx_status }) => tx_status === 'success');
  const times = Map.groupBy(executed, contentOfTx);
  const contract = executed[0]?.contract_call.contract_id ?? '';
  for (const id of ids) {
    const prices = times.get(id)?.map(({ contract_call }) => contract_call.function_args[1]?.repr);
    expect(prices?.toSorted()).toEqual(['u1', 'u2', 'u3']);
    const { price, title } = await contentOf(mine, id);
    expect(price).toBe(await chainPrice(service.stacksUrl, contract, id));
    expect(title).toMatch(/^Round/);
  }
  expect(await verified(service)).toEqual([]);
  await service.stop();
  await rm(dataDir, { recursive: true });
}, 180_000);
