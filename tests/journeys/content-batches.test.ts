import { beforeAll, expect, test } from 'vitest';
import { faults } from '../content/chain.ts';
import { type Creator, contentOf, creator, ended, idOf, registered } from '../content/creators.ts';
import { ownServiceOfFile } from '../service/own.ts';
import { example } from './example.ts';

let mine: Creator;
let stacksUrl: string;
beforeAll(async () => {
  // The ids of the description are the chain's keys: they can be registered once.
  const { running } = await ownServiceOfFile();
  stacksUrl = running.stacksUrl;
  mine = await creator({ address: 'creator-address', url: running.url });
  await registered(mine, ['content-id-1', 'content-id-2']);
});

/** What `curl -i` printed. */
function answerOf({ stdout }: { stdout: string }) {
  const [head = '', body = ''] = stdout.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? '']),
  );
  return { status: Number(status.split(' ')[1]), headers, body: JSON.parse(body) as Record<string, unknown> };
}

/** Asks without a token where the answer says, as long as it is told to, and tells what it saw. */
async function polled(location: string) {
  const seen: string[] = [];
  for (;;) {
    const response = await fetch(mine.url + location);
    const batch = (await response.json()) as { status: string };
    if (seen.at(-1) !== batch.status) seen.push(batch.status);
    const isOver = batch.status === 'completed' || batch.status === 'failed';
    expect(response.headers.get('retry-after')).toBe(isOver ? null : '2');
    if (isOver) return { batch, seen };
    await new Promise((done) => setTimeout(done, 50));
  }
}

test.each([
  ['update-price', 'Batch price update initiated', { price: 1_000_000 }],
  [
    'update-metadata',
    'Batch metadata update initiated',
    { title: 'New Title', description: 'Updated description', contentType: 'video' },
  ],
  ['remove', 'Batch removal initiated', { isRemoved: true, removalReason: 'Outdated content' }],
])('%s: the request of the description does what it says', async (name, message, becomes) => {
  const { status, headers, body } = answerOf(await example(`content/${name}.sh`, 'sh', mine));
  expect(status).toBe(202);
  expect(headers.get('retry-after')).toBe('2');
  expect(headers.get('location')).toBe(`/api/batches/${body.batchId}`);
  expect(body).toEqual({ message, batchId: expect.any(String), status: 'pending', totalItems: 2 });
  const { batch, seen } = await polled(headers.get('location') ?? '');
  expect(['pending', 'processing', 'completed'].filter((one) => seen.includes(one))).toEqual(seen);
  expect(batch).toEqual({
    _id: body.batchId,
    creator: 'creator-address',
    operationType: name === 'remove' ? 'remove-content' : name,
    status: 'completed',
    totalItems: 2,
    successCount: 2,
    failureCount: 0,
    results: ['content-id-1', 'content-id-2'].map((contentId) =>
      expect.objectContaining({ contentId, success: true, message: expect.any(String) }),
    ),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  for (const id of ['content-id-1', 'content-id-2']) expect(await contentOf(mine, id)).toMatchObject(becomes);
});

test('the details of the description, of five items of which the chain takes four', async () => {
  const ids = ['content-1', 'content-2', 'content-3', 'content-4', 'content-5'];
  await registered(mine, ids);
  await faults(stacksUrl, { abort: ['content-2'] });
  const accepted = await mine.api.content.batchUpdatePrice({
    body: { creator: mine.creator, contentIds: ids, newPrice: 1_000_000 },
  });
  expect(accepted.body).toMatchObject({
    message: 'Batch price update initiated',
    status: 'pending',
    totalItems: 5,
  });
  expect(await ended(mine, idOf(accepted))).toMatchObject({
    operationType: 'update-price',
    status: 'completed',
    totalItems: 5,
    successCount: 4,
    failureCount: 1,
    results: ids.map((contentId) =>
      contentId === 'content-2'
        ? { contentId, success: false, error: 'On-chain update failed' }
        : { contentId, success: true, message: 'Price updated to 1000000 STX' },
    ),
  });
});

test('the list of the description: every batch of the creator, newest first', async () => {
  const response = await fetch(`${mine.url}/api/batches/creator/creator-address?limit=50&skip=0`);
  const { batches, ...page } = (await response.json()) as { batches: { operationType: string }[] };
  expect(page).toEqual({ creator: 'creator-address', total: 4, limit: 50, skip: 0, page: 1, totalPages: 1 });
  expect(batches.map(({ operationType }) => operationType)).toEqual([
    'update-price',
    'remove-content',
    'update-metadata',
    'update-price',
  ]);
});
