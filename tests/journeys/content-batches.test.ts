import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { creator, newIds, registered } from '../content/creators.ts';

const url = inject('url');

/** What the description's three requests send, with ids of this run. */
const requests = (address: string, contentIds: string[]) =>
  [
    [
      'batch-update-price',
      { creator: address, contentIds, newPrice: 1_000_000 },
      'Batch price update initiated',
    ],
    [
      'batch-update-metadata',
      {
        creator: address,
        contentIds,
        updates: { title: 'New Title', description: 'Updated description', contentType: 'video' },
      },
      'Batch metadata update initiated',
    ],
    [
      'batch-remove',
      { creator: address, contentIds, removalReason: 'Outdated content' },
      'Batch removal initiated',
    ],
  ] as const;

test('a creator sends the three batches of the description, polls each without a token, and finds them in the list', async () => {
  const mine = await creator({ address: `creator-address-${randomUUID()}` });
  const ids = await registered(mine, newIds(5));
  const sent: string[] = [];
  for (const [path, body, message] of requests(mine.creator, ids)) {
    const accepted = await mine.fetch(`/api/batches/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(accepted.status).toBe(202);
    const reply = (await accepted.json()) as { batchId: string };
    expect(reply).toEqual({ message, batchId: expect.any(String), status: 'pending', totalItems: 5 });
    sent.unshift(reply.batchId);
    const seen = new Set<string>();
    for (;;) {
      const polled = await fetch(url + accepted.headers.get('location'));
      const batch = (await polled.json()) as { status: string; successCount: number; results: unknown[] };
      seen.add(batch.status);
      if (batch.status === 'completed') {
        expect(batch).toMatchObject({
          _id: reply.batchId,
          creator: mine.creator,
          totalItems: 5,
          successCount: 5,
          failureCount: 0,
        });
        expect(batch.results).toHaveLength(5);
        expect(polled.headers.get('retry-after')).toBeNull();
        break;
      }
      expect(polled.headers.get('retry-after')).toBe('2');
      await new Promise((done) => setTimeout(done, 50));
    }
    expect([...seen].every((status) => ['pending', 'processing', 'completed'].includes(status))).toBe(true);
  }
  const list = await fetch(`${url}/api/batches/creator/${mine.creator}?limit=50&skip=0`);
  const { batches } = (await list.json()) as { batches: { _id: string }[] };
  expect(batches.map(({ _id }) => _id)).toEqual(sent);
});
