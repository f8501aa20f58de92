import { beforeAll, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { ownServiceOfFile } from '../service/own.ts';
import { tablesOf } from '../service/tables.ts';
import { chainPrice, faults, ledgerOf, transaction } from './chain.ts';
import { contentOf, creator, ended, idOf, newIds, registered } from './creators.ts';
import { post } from './workers.ts';

let running: Running;
beforeAll(async () => {
  // Fifty blocks take two seconds here, in which a test can look.
  ({ running } = await ownServiceOfFile({ environment: { STACKS_CONFIRMATIONS: '50' } }));
});

const isPending = ({ tx_status }: { tx_status: string }) => tx_status === 'pending';

test('tells which items of a batch are in a block and wait for confirmations', async () => {
  const mine = await creator({ url: running.url });
  const ids = await registered(mine, newIds(3));
  const { creator: address } = mine;
  const result = await mine.api.content.batchUpdatePrice({
    body: { creator: address, contentIds: ids, newPrice: 5 },
  });
  const batchId = idOf(result);
  const read = async () => {
    const { ok, body } = await mine.api.content.getBatch({ params: { batchId } });
    if (!ok) throw new Error(JSON.stringify(body));
    return body;
  };
  await expect.poll(async () => (await read()).confirming?.length, { interval: 30, timeout: 20_000 }).toBe(3);
  const { status, confirming = [], results } = await read();
  expect(status).toBe('processing');
  expect(results).toEqual([]);
  expect(confirming.map(({ contentId }) => contentId)).toEqual(ids);
  for (const { txId } of confirming)
    expect((await transaction(running.stacksUrl, txId)).tx_status).toBe('success');
  expect(await contentOf(mine, ids[0] ?? '')).toMatchObject({ price: null });
  const batch = await ended(mine, batchId);
  expect(batch).toMatchObject({ status: 'completed', successCount: 3 });
  expect(batch.results.map(({ txId }) => txId)).toEqual(confirming.map(({ txId }) => txId));
  expect(batch).not.toHaveProperty('confirming');
});

test('has a price on the chain again after a fork, and says so in the log; batches that need no chain go on meanwhile', async () => {
  const mine = await creator({ url: running.url });
  const other = await creator({ url: running.url });
  const [id = ''] = await registered(mine, newIds(1));
  const theirs = await registered(other, newIds(2));
  const body = { creator: mine.creator, contentIds: [id], newPrice: 7 };
  const batch = await ended(mine, idOf(await mine.api.content.batchUpdatePrice({ body })));
  const { contract_call } = await transaction(running.stacksUrl, batch.results[0]?.txId ?? '');
  const priceNow = () => chainPrice(running.stacksUrl, contract_call.contract_id, id);
  // From now on nothing is mined.
  const { status } = await fetch(`${running.url}/_local/stacks/faults`, {
    method: 'PUT',
    body: JSON.stringify({ fork: { blocks: 100_000, mempool: false }, minFee: 1_000_000 }),
  });
  expect(status).toBe(200);
  expect(await priceNow()).toBeUndefined();
  const next = idOf(await mine.api.content.batchUpdatePrice({ body: { ...body, newPrice: 8 } }));
  const updates = { title: 'Meanwhile' };
  const titles = await other.api.content.batchUpdateMetadata({
    body: { creator: other.creator, contentIds: theirs, updates },
  });
  expect(await ended(other, idOf(titles))).toMatchObject({ status: 'completed', successCount: 2 });
  await faults(running.stacksUrl);
  expect(await ended(mine, next)).toMatchObject({ status: 'completed', successCount: 1 });
  expect(await priceNow()).toBe(8);
  expect(await contentOf(mine, id)).toMatchObject({ price: 8 });
  const logs = await (await fetch(`${running.url}/_local/logs`)).text();
  expect(logs).toContain('a fork took transactions back: they are sent again');
  expect(logs).toContain('chainForked');

  // An operator's message changes nothing that is in order.
  await post(running, 'contentChain', [{ version: 1, renumber: true }]);
  await post(running, 'contentChain', [{ version: 1 }]);
  const last = idOf(await mine.api.content.batchUpdatePrice({ body: { ...body, newPrice: 9 } }));
  expect(await ended(mine, last)).toMatchObject({ status: 'completed', successCount: 1 });
  expect(await contentOf(mine, id)).toMatchObject({ price: 9 });
}, 90_000);

test('renumbers when the operator says so, also while one driver follows the other since nothing is mined', async () => {
  const mine = await creator({ url: running.url });
  const ids = await registered(mine, newIds(3));
  await faults(running.stacksUrl, { minFee: 1_000_000 });
  const body = { creator: mine.creator, contentIds: ids, newPrice: 6 };
  const batchId = idOf(await mine.api.content.batchUpdatePrice({ body }));
  const logs = async () => await (await fetch(`${running.url}/_local/logs`)).text();
  const told = 'nonces are given out from the one that the chain expects';
  const before = (await logs()).split(told).length;
  await expect
    .poll(async () => (await ledgerOf(running.stacksUrl)).transactions.filter(isPending).length)
    .toBe(3);
  await faults(running.stacksUrl, { minFee: 1_000_000, fork: { blocks: 0, mempool: false } });
  await post(running, 'contentChain', [{ version: 1, renumber: true }]);
  await expect.poll(async () => (await logs()).split(told).length, { timeout: 40_000 }).toBe(before + 1);
  await faults(running.stacksUrl);
  expect(await ended(mine, batchId)).toMatchObject({ status: 'completed', successCount: 3 });
}, 90_000);

test('a price that is in no block after half an hour is measured for its alarm, and the log says where to read on', async () => {
  const mine = await creator({ url: running.url });
  const [id = ''] = await registered(mine, newIds(1));
  await faults(running.stacksUrl, { minFee: 1_000_000 });
  const body = { creator: mine.creator, contentIds: [id], newPrice: 12 };
  const batchId = idOf(await mine.api.content.batchUpdatePrice({ body }));
  const tables = tablesOf(running);
  const stuck = async () =>
    (await tables.scan('content')).find(
      ({ job }) => (job as { batch?: string } | undefined)?.batch === batchId,
    );
  await expect.poll(async () => (await stuck())?.state).toBe('sent');
  const item = (await stuck()) ?? {};
  // As if it had been asked for forty minutes ago.
  const job = item.job as { sk: string };
  const sk = `${String(Date.now() - 40 * 60_000).padStart(15, '0')}${job.sk.slice(15)}`;
  await tables.set('content', { pk: item.pk, sk: item.sk }, 'job', { ...job, sk });
  const logs = async () => await (await fetch(`${running.url}/_local/logs`)).text();
  await expect
    .poll(async () => (await logs()).includes('prices are not mined'), { timeout: 40_000 })
    .toBe(true);
  expect(await logs()).toContain('Stuck on the chain');
  expect(await logs()).toMatch(/chainWait\W+24\d{5}\b/);
  await faults(running.stacksUrl);
  expect(await ended(mine, batchId)).toMatchObject({ status: 'completed', successCount: 1 });
}, 90_000);
