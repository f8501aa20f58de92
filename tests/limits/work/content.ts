import { newIds } from '../../content/creators.ts';
import { type Caller, until, type Wrong } from '../caller.ts';

/** Batches of prices and of titles: each content ends with the price that the chain has, and its new title. */
export async function content({ person, insist }: Caller, rounds: number): Promise<Wrong> {
  const creator = `SP${newIds(1)[0]}`;
  const mine = await person({ claims: { creator } });
  const contentIds = newIds(3 * rounds);
  const items = contentIds.map((contentId) => ({ contentId, title: 'Old', contentType: 'video' }));
  await insist(mine, 'POST', '/api/content', { creator, items });
  const price = await insist(mine, 'POST', '/api/batches/batch-update-price', {
    creator,
    contentIds,
    newPrice: 1_000,
  });
  const titles = await insist(mine, 'POST', '/api/batches/batch-update-metadata', {
    ...{ creator, contentIds },
    updates: { title: 'New' },
  });
  for (const { body } of [price, titles])
    await until('the end of a batch of content', async () => {
      const batch = (await insist(mine, 'GET', `/api/batches/${body.batchId}`)).body;
      if (batch.failureCount > 0) throw new Error(`a batch of content failed: ${JSON.stringify(batch)}`);
      return batch.status === 'completed';
    });
  let lost = 0;
  const transactions = new Set<string>();
  for (const contentId of contentIds) {
    const { body } = await insist(mine, 'GET', `/api/content/${contentId}`);
    if (body.price !== 1_000 || body.title !== 'New') lost += 1;
    transactions.add(body.priceTxId);
  }
  return { lost, doubled: contentIds.length - transactions.size, partial: 0 };
}
