import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectAssembly } from '../../local/project.ts';
import { type Running, start } from '../../local/start.ts';
import { chainPrice, contentOfTx, ledgerOf } from './chain.ts';
import { contentOf, creator, ended, idOf, newIds, registered } from './creators.ts';

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

/** Runs a job of the content system now, instead of when its schedule says. */
async function run(service: Running, job: string): Promise<void> {
  const functions = service.stack.resources('AWS::Lambda::Function');
  const found = functions.find(({ logicalId }) => logicalId.startsWith(`content${job}`));
  if (!found) throw new Error(`there is no job ${job}`);
  await service.invoke(found.logicalId, {});
}

test('ends every batch that it accepted, each price executed once, though everything is killed three times meanwhile', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-restart-'));
  const begin = async () => start({ assembly: await projectAssembly(), port: 0, dataDir });
  let service = await begin();
  const address = 'SP-restart';
  const ids = newIds(100);
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
    await new Promise((done) => setTimeout(done, round * 400));
    await service.crash();
    service = await begin();
  }
  const mine = await creator({ url: service.url, address, tenantId: 't' });
  const jobs = every(300, async () => {
    await run(service, 'sweepBatches');
    await run(service, 'wakeChain');
  });
  for (const batchId of accepted)
    expect(await ended(mine, batchId)).toMatchObject({
      status: 'completed',
      successCount: 100,
      failureCount: 0,
    });
  await jobs.stop();
  const { transactions } = await ledgerOf(service.stacksUrl);
  const executed = transactions.filter(({ tx_status }) => tx_status === 'success');
  const times = Map.groupBy(executed, contentOfTx);
  const contract = executed[0]?.contract_call.contract_id ?? '';
  for (const id of ids) {
    expect(times.get(id)).toHaveLength(3);
    const { price, title } = await contentOf(mine, id);
    expect(price).toBe(await chainPrice(service.stacksUrl, contract, id));
    expect(title).toMatch(/^Round/);
  }
  await service.stop();
  await rm(dataDir, { recursive: true });
}, 120_000);
