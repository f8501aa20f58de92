import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { contentOf, creator, ended, idOf, newIds, registered } from './creators.ts';

test('removes contents one by one: those of others and those that do not exist fail, in their places', async () => {
  const mine = await creator();
  const other = await creator();
  const [first = '', second = ''] = await registered(mine, newIds(2));
  const [foreign = ''] = await registered(other, newIds(1));
  const [unknown = ''] = newIds(1);
  const result = await mine.api.content.batchRemove({
    body: { creator: mine.creator, contentIds: [first, foreign, second, unknown], removalReason: 'Outdated' },
  });
  expect(result.status).toBe(202);
  expect(result.body).toEqual({
    message: 'Batch removal initiated',
    batchId: expect.any(String),
    status: 'pending',
    totalItems: 4,
  });
  expect(result.headers.get('location')).toBe(`/api/batches/${idOf(result)}`);
  expect(result.headers.get('retry-after')).toBe('2');
  const batch = await ended(mine, idOf(result));
  expect(batch).toMatchObject({
    operationType: 'remove-content',
    status: 'completed',
    totalItems: 4,
    successCount: 2,
    failureCount: 2,
  });
  const refused = { success: false, error: 'Content not found or not owned by creator' };
  expect(batch.results).toEqual([
    { contentId: first, success: true, message: 'Content removed successfully' },
    { contentId: foreign, ...refused },
    { contentId: second, success: true, message: 'Content removed successfully' },
    { contentId: unknown, ...refused },
  ]);
  expect(await contentOf(mine, first)).toMatchObject({ isRemoved: true, removalReason: 'Outdated' });
  expect(await contentOf(other, foreign)).toMatchObject({ isRemoved: false });
});

test('tells nobody but the creator why content was removed, or why an item failed', async () => {
  const mine = await creator();
  const [id = ''] = await registered(mine, newIds(1));
  const [unknown = ''] = newIds(1);
  const batchId = idOf(
    await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: [id, unknown] } }),
  );
  expect(await ended(mine, batchId)).toMatchObject({ removalReason: 'Batch removal by creator' });
  for (const reader of [await creator(), await creator({ address: mine.creator })]) {
    const seen = await reader.api.content.getBatch({ params: { batchId } });
    expect(seen.body).not.toHaveProperty('removalReason');
    expect(seen.body).toMatchObject({
      results: [
        { contentId: id, success: true },
        { contentId: unknown, success: false },
      ],
    });
    expect(JSON.stringify(seen.body)).not.toContain('not owned');
    expect(await contentOf(reader, id)).not.toHaveProperty('removalReason');
    const list = await reader.api.content.listBatches({ params: { creator: mine.creator } });
    expect(JSON.stringify(list.body)).not.toContain('Batch removal by creator');
  }
});

test('does an id that was sent several times once, and reports it at each of its places', async () => {
  const mine = await creator();
  const [one = '', two = ''] = await registered(mine, newIds(2));
  const batchId = idOf(
    await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: [one, two, one] } }),
  );
  const batch = await ended(mine, batchId);
  expect(batch).toMatchObject({ totalItems: 3, successCount: 3 });
  expect(batch.results.map(({ contentId }) => contentId)).toEqual([one, two, one]);
});

test('refuses a token of another creator, and one of none', async () => {
  const mine = await creator();
  const other = await creator();
  for (const person of [other, await somebody()]) {
    const result = await person.api.content.batchRemove({
      body: { creator: mine.creator, contentIds: ['x'] },
    });
    expect(result.status).toBe(403);
    expect(result.body).toEqual({ message: 'The token is not of this creator', error: 'FORBIDDEN' });
  }
});
