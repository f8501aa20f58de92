import { expect, inject, test } from 'vitest';
import { chainPrice, faults, transaction } from './chain.ts';
import { contentOf, creator, ended, idOf, newIds, registered } from './creators.ts';

const stacksUrl = inject('stacksUrl');

test('sets prices on the chain, and shows them once it has confirmed them', async () => {
  const mine = await creator();
  const ids = await registered(mine, newIds(3));
  const result = await mine.api.content.batchUpdatePrice({
    body: { creator: mine.creator, contentIds: ids, newPrice: 1_000_000 },
  });
  expect(result.status).toBe(202);
  expect(result.body).toMatchObject({
    message: 'Batch price update initiated',
    status: 'pending',
    totalItems: 3,
  });
  const batch = await ended(mine, idOf(result));
  expect(batch).toMatchObject({
    operationType: 'update-price',
    status: 'completed',
    successCount: 3,
    failureCount: 0,
  });
  for (const [index, { contentId, message, txId = '' }] of batch.results.entries()) {
    expect(contentId).toBe(ids[index]);
    expect(message).toBe('Price updated to 1000000 STX');
    const { tx_status, contract_call } = await transaction(stacksUrl, txId);
    expect(tx_status).toBe('success');
    expect(await chainPrice(stacksUrl, contract_call.contract_id, contentId)).toBe(1_000_000);
    expect(await contentOf(mine, contentId)).toMatchObject({ price: 1_000_000, priceTxId: txId });
  }
});

test.each([0, 2 ** 53 - 1])('takes a price of %i', async (newPrice) => {
  const mine = await creator();
  const [id = ''] = await registered(mine, newIds(1));
  const batchId = idOf(
    await mine.api.content.batchUpdatePrice({ body: { creator: mine.creator, contentIds: [id], newPrice } }),
  );
  expect(await ended(mine, batchId)).toMatchObject({ successCount: 1 });
  expect(await contentOf(mine, id)).toMatchObject({ price: newPrice });
});

test.each(['-1', '1.5', '"1"', '"1e3"', 'null', '9007199254740992', 'true'])(
  'refuses a price of %s',
  async (price) => {
    const mine = await creator();
    const response = await mine.fetch('/api/batches/batch-update-price', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: `{"creator":"${mine.creator}","contentIds":["x"],"newPrice":${price}}`,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      message: 'Valid newPrice is required',
      error: 'VALIDATION_ERROR',
    });
  },
);

test('sets no price of contents that are not the creator’s, or removed', async () => {
  const mine = await creator();
  const other = await creator();
  const [gone = ''] = await registered(mine, newIds(1));
  const [foreign = ''] = await registered(other, newIds(1));
  await ended(
    mine,
    idOf(await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: [gone] } })),
  );
  const batchId = idOf(
    await mine.api.content.batchUpdatePrice({
      body: { creator: mine.creator, contentIds: [foreign, gone], newPrice: 5 },
    }),
  );
  expect((await ended(mine, batchId)).results).toEqual([
    { contentId: foreign, success: false, error: 'Content not found or not owned by creator' },
    { contentId: gone, success: false, error: 'Content has been removed' },
  ]);
  expect(await contentOf(other, foreign)).toMatchObject({ price: null });
});

test('reports items whose calls the node rejects or the chain aborts, keeps their prices, and does the others', async () => {
  const mine = await creator();
  const ids = await registered(mine, newIds(100));
  const first = idOf(
    await mine.api.content.batchUpdatePrice({
      body: { creator: mine.creator, contentIds: ids.slice(0, 30), newPrice: 7 },
    }),
  );
  await ended(mine, first);
  const rejected = ids.filter((_, n) => n % 20 === 3);
  const aborted = ids.filter((_, n) => n % 4 === 1);
  await faults(stacksUrl, {
    reject: Object.fromEntries(rejected.map((id) => [id, 'BadFunctionArgument'])),
    abort: aborted,
  });
  try {
    const batchId = idOf(
      await mine.api.content.batchUpdatePrice({
        body: { creator: mine.creator, contentIds: ids, newPrice: 9 },
      }),
    );
    const batch = await ended(mine, batchId);
    expect(batch).toMatchObject({ status: 'completed', successCount: 70, failureCount: 30 });
    expect(batch.results.map(({ contentId }) => contentId)).toEqual(ids);
    for (const { contentId, success, error, reason, txId } of batch.results) {
      const wasAborted = aborted.includes(contentId);
      expect(success).toBe(!wasAborted && !rejected.includes(contentId));
      if (!success) {
        expect(error).toBe('On-chain update failed');
        expect(reason).toBe(wasAborted ? 'abort_by_response (err u403)' : 'BadFunctionArgument');
      }
      expect(txId !== undefined).toBe(success || wasAborted);
      const before = ids.indexOf(contentId) < 30 ? 7 : null;
      expect((await contentOf(mine, contentId)).price).toBe(success ? 9 : before);
    }
    await faults(stacksUrl);
    const again = await ended(mine, idOf(await mine.api.content.retry({ params: { batchId } })));
    expect(again).toMatchObject({ operationType: 'update-price', totalItems: 30, successCount: 30 });
    expect(await contentOf(mine, rejected[0] ?? '')).toMatchObject({ price: 9 });
  } finally {
    await faults(stacksUrl);
  }
}, 60_000);
