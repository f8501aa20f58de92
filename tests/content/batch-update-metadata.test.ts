import { expect, test } from 'vitest';
import { contentOf, creator, ended, idOf, newIds, registered } from './creators.ts';

test('changes the allowed fields of each content and leaves the others', async () => {
  const mine = await creator();
  const ids = await registered(mine, newIds(60));
  const updates = {
    title: 'New Title',
    description: 'Two\nlines',
    contentType: 'article',
    tokenGating: { contract: 'SP1.token', amount: 3 },
    refundable: true,
    refundWindowDays: 14,
  };
  const result = await mine.api.content.batchUpdateMetadata({
    body: { creator: mine.creator, contentIds: ids, updates },
  });
  expect(result.body).toMatchObject({ message: 'Batch metadata update initiated', totalItems: 60 });
  const batch = await ended(mine, idOf(result));
  expect(batch).toMatchObject({ operationType: 'update-metadata', successCount: 60, failureCount: 0 });
  expect(new Set(batch.results.map(({ message }) => message))).toEqual(
    new Set(['Metadata updated successfully']),
  );
  expect(batch.results.map(({ contentId }) => contentId)).toEqual(ids);
  expect(await contentOf(mine, ids[59] ?? '')).toMatchObject({ ...updates, isRemoved: false, price: null });
});

test('refuses fields that may not be changed, naming them and those that may', async () => {
  const mine = await creator();
  const [id = ''] = await registered(mine, newIds(1));
  const result = await mine.untypedApi.content.batchUpdateMetadata({
    body: { creator: mine.creator, contentIds: [id], updates: { title: 'x', price: 1, creator: 'me' } },
  });
  expect(result.status).toBe(400);
  expect(result.body).toEqual({
    message: 'Invalid fields in update payload',
    error: 'VALIDATION_ERROR',
    invalidFields: ['price', 'creator'],
    allowedFields: ['title', 'description', 'contentType', 'tokenGating', 'refundable', 'refundWindowDays'],
  });
  expect(await contentOf(mine, id)).toMatchObject({ title: `Title of ${id}` });
});

const unstorable = 'control characters, half a character or U+FFFD';

test.each([
  [{}, 'updates object with at least one field is required'],
  [undefined, 'updates object with at least one field is required'],
  [[], 'updates object with at least one field is required'],
  ['title', 'updates object with at least one field is required'],
  [{ title: '' }, 'title must be 1 to 255 characters'],
  [{ title: 'x'.repeat(256) }, 'title must be 1 to 255 characters'],
  [{ title: 'two\nlines' }, `title must not contain line breaks, TABs, ${unstorable}`],
  [{ title: 'lone \ud800' }, `title must not contain line breaks, TABs, ${unstorable}`],
  [{ title: 7 }, 'title must be a text'],
  [{ contentType: null }, 'contentType must be a text'],
  [{ description: 'half an emoji \ud83d' }, `description must not contain ${unstorable}`],
  [{ tokenGating: { note: 'bell \u0007' } }, `tokenGating must not contain ${unstorable}`],
  [{ description: 'x'.repeat(10_001) }, 'description must be at most 10000 characters'],
  [{ contentType: 'ab' }, 'contentType must be 3 to 50 characters'],
  [{ tokenGating: 'yes' }, 'tokenGating must be a boolean or an object'],
  [{ tokenGating: null }, 'tokenGating must be a boolean or an object'],
  [{ refundable: 'true' }, 'refundable must be a boolean'],
  [{ refundWindowDays: 366 }, 'refundWindowDays must be a whole number from 0 to 365'],
  [{ refundWindowDays: 1.5 }, 'refundWindowDays must be a whole number from 0 to 365'],
])('refuses updates %j', async (updates, message) => {
  const mine = await creator();
  const result = await mine.untypedApi.content.batchUpdateMetadata({
    body: { creator: mine.creator, contentIds: ['x'], updates },
  });
  expect(result.status).toBe(400);
  expect(result.body).toEqual({ message, error: 'VALIDATION_ERROR' });
});

test('does not change what was removed', async () => {
  const mine = await creator();
  const [id = ''] = await registered(mine, newIds(1));
  await ended(
    mine,
    idOf(await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: [id] } })),
  );
  const batchId = idOf(
    await mine.api.content.batchUpdateMetadata({
      body: { creator: mine.creator, contentIds: [id], updates: { title: 'x' } },
    }),
  );
  expect((await ended(mine, batchId)).results).toEqual([
    { contentId: id, success: false, error: 'Content has been removed' },
  ]);
});
