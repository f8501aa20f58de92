import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { tablesOf } from '../service/tables.ts';
import { creator, ended, idOf, newIds, registered } from './creators.ts';

async function answered(sent: Promise<Response>) {
  const response = await sent;
  const body = (await response.json()) as { message: string; error: string };
  return { status: response.status, headers: response.headers, body };
}

/** Takes the answer away that was kept for an idempotency key of a registration, as if its request had died before it could keep it. */
async function forgetAnswer({ tenantId, userId }: Person, key: string): Promise<void> {
  const parts = JSON.stringify([tenantId, userId, 'POST', '/api/content', key]);
  const pk = `ANSWER#${createHash('sha256').update(parts).digest('base64url')}`;
  await tablesOf({ awsEndpoint: inject('awsEndpoint') }).set('guards', pk, 'expires_at', 0);
}

test.each([
  [{ contentIds: ['x'] }, 'Creator address is required'],
  [{ creator: '', contentIds: ['x'] }, 'Creator address is required'],
  [{ creator: 7, contentIds: ['x'] }, 'Creator address is required'],
  [{ creator: 'me' }, 'contentIds must be a non-empty array'],
  [{ creator: 'me', contentIds: [] }, 'contentIds must be a non-empty array'],
  [{ creator: 'me', contentIds: 'x' }, 'contentIds must be a non-empty array'],
  [
    { creator: 'me', contentIds: Array.from({ length: 101 }, (_, n) => `c${n}`) },
    'Batch size limited to 100 items',
  ],
  [{ creator: 'me', contentIds: ['é'] }, 'content ids must be 1 to 64 printable ASCII characters'],
  [{ creator: 'me', contentIds: [''] }, 'content ids must be 1 to 64 printable ASCII characters'],
  [{ creator: 'me', contentIds: ['x'.repeat(65)] }, 'content ids must be 1 to 64 printable ASCII characters'],
  [{ creator: 'me', contentIds: [7] }, 'contentIds must be texts'],
  [
    { creator: 'me', contentIds: ['x'], removalReason: 'x'.repeat(501) },
    'removalReason must be at most 500 characters',
  ],
  [{ creator: 'me', contentIds: ['x'], removalReason: null }, 'removalReason must be a text'],
  [
    { creator: 'me\n', contentIds: ['x'] },
    'Creator address must not contain line breaks, TABs, control characters, half a character or U+FFFD',
  ],
  [{ creator: 'me', contentIds: ['x'], privateKey: 'secret' }, 'Unknown fields in the request: privateKey'],
])('refuses %j', async (body, message) => {
  const { untypedApi } = await creator({ address: 'me' });
  const result = await untypedApi.content.batchRemove({ body });
  expect(result.status).toBe(400);
  expect(result.body).toEqual({ message, error: 'VALIDATION_ERROR' });
});

test('takes a hundred items', async () => {
  const mine = await creator();
  const result = await mine.api.content.batchRemove({
    body: { creator: mine.creator, contentIds: newIds(100) },
  });
  const batch = await ended(mine, idOf(result));
  expect(batch).toMatchObject({ status: 'completed', successCount: 0, failureCount: 100 });
});

test('takes no batch from a stranger, and shows batches to anyone', async () => {
  const url = inject('url');
  const refused = await fetch(`${url}/api/batches/batch-remove`, { method: 'POST', body: '{' });
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ error: 'UNAUTHORIZED' });
  const mine = await creator();
  const batchId = idOf(
    await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: ['nothing'] } }),
  );
  await ended(mine, batchId);
  for (const path of [`/api/batches/${batchId}`, `/api/batches/${batchId}/`]) {
    const seen = await fetch(url + path);
    expect(seen.status).toBe(200);
    expect(await seen.json()).toMatchObject({ _id: batchId, creator: mine.creator });
  }
  const invalid = await fetch(`${url}/api/batches/${batchId}`, {
    headers: { Authorization: 'Bearer nonsense' },
  });
  expect(invalid.status).toBe(401);
});

test('answers a batch that does not exist with 404', async () => {
  const { api } = await creator();
  for (const batchId of ['no-such-batch', 'x'.repeat(3_000), '../..', '#']) {
    const result = await api.content.getBatch({ params: { batchId } });
    expect(result.status).toBe(404);
    expect(result.body).toEqual({ message: 'Batch operation not found', error: 'NOT_FOUND' });
  }
});

test('opens one batch for an idempotency key, and answers the same again', async () => {
  const mine = await creator();
  const call = { body: { creator: mine.creator, contentIds: ['nothing'] }, idempotencyKey: 'once' };
  const first = await mine.api.content.batchRemove(call);
  const again = await mine.api.content.batchRemove(call);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.headers.get('location')).toBe(`/api/batches/${idOf(first)}`);
  const list = await mine.api.content.listBatches({ params: { creator: mine.creator } });
  expect(list.body).toMatchObject({ total: 1 });
});

const POSTS = [
  '/api/batches/batch-update-price',
  '/api/batches/batch-remove',
  '/api/batches/batch-update-metadata',
  '/api/batches/none/retry',
  '/api/content',
];

describe.each(POSTS)('POST %s', (path) => {
  const send = async (person: Pick<Person, 'fetch'>, body: string, headers: Record<string, string> = {}) => {
    const init = { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } };
    return await answered(person.fetch(path, init));
  };

  test('is for creators with a token that may change something', async () => {
    const stranger = await answered(fetch(inject('url') + path, { method: 'POST', body: '{' }));
    expect([stranger.status, stranger.body]).toEqual([
      401,
      { message: 'Not authenticated', error: 'UNAUTHORIZED' },
    ]);
    const viewer = await send(await somebody({ role: 'viewer', claims: { creator: 'me' } }), '{');
    expect([viewer.status, viewer.body]).toEqual([
      403,
      { message: 'Not enough permissions', error: 'FORBIDDEN' },
    ]);
  });

  test('tells in this API’s words what is wrong with a body, and takes none too large', async () => {
    const mine = await creator();
    const large = await send(mine, JSON.stringify({ x: 'y'.repeat(5_300_000) }));
    expect([large.status, large.body.error]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    if (path.endsWith('/retry')) return;
    const VALIDATION = { error: 'VALIDATION_ERROR' };
    expect(await send(mine, '{')).toMatchObject({
      status: 400,
      body: { ...VALIDATION, message: 'The body is not valid JSON' },
    });
    for (const body of ['', 'null', '[]', '"x"', '7'])
      expect(await send(mine, body)).toMatchObject({
        status: 400,
        body: { ...VALIDATION, message: 'The body must be a JSON object' },
      });
    expect(await send(mine, '{}', { 'Content-Type': 'text/plain' })).toMatchObject({
      status: 415,
      body: { error: 'UNSUPPORTED_MEDIA_TYPE' },
    });
  });

  test('tells its limit, and another method which one there is', async () => {
    const mine = await creator();
    const answer = await send(mine, '{}');
    expect(answer.headers.get('x-ratelimit-limit')).toBe('100');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('99');
    expect(Number(answer.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000);
    const wrong = await answered(mine.fetch(path, { method: 'PUT' }));
    expect([wrong.status, wrong.headers.get('allow'), wrong.body]).toEqual([
      405,
      'POST',
      { message: 'Method Not Allowed', error: 'METHOD_NOT_ALLOWED' },
    ]);
  });
});

test('refuses the call after the limit in this API’s words, and opens nothing', async () => {
  const mine = await creator();
  const body = { creator: mine.creator, contentIds: [] };
  const spent = Array.from({ length: 100 }, () => mine.api.content.batchRemove({ body }));
  expect(new Set((await Promise.all(spent)).map(({ status }) => status))).toEqual(new Set([400]));
  const late = await mine.api.content.batchRemove({ body: { ...body, contentIds: ['x'] } });
  expect(late.status).toBe(429);
  const seconds = Number(late.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(late.body).toEqual({
    message: `Rate limit exceeded. Try again in ${seconds} seconds.`,
    error: 'RATE_LIMIT_EXCEEDED',
  });
  expect(late.headers.get('x-ratelimit-remaining')).toBe('0');
  const list = await mine.api.content.listBatches({ params: { creator: mine.creator } });
  expect(list.body).toMatchObject({ total: 0 });
});

test('words unknown paths as this API does', async () => {
  const mine = await creator();
  for (const path of ['/api/batches', '/api/batches/a/b/c', '/api/content/a/b']) {
    const unknown = await answered(mine.fetch(path));
    expect([unknown.status, unknown.body]).toEqual([404, { message: 'Not Found', error: 'NOT_FOUND' }]);
  }
});

test('reads content by any id that the chain can hold', async () => {
  const mine = await creator();
  const [id = ''] = newIds(1);
  const odd = `${id} /%?#&+"\\~`;
  await registered(mine, [odd]);
  const { body } = await mine.api.content.getContent({ params: { contentId: odd } });
  expect(body).toMatchObject({ contentId: odd });
});

test('registers content once for an idempotency key, though the first answer got lost on our side', async () => {
  const mine = await creator();
  const items = newIds(100).map((contentId) => ({ contentId, title: 'T', contentType: 'video' }));
  const call = { body: { creator: mine.creator, items }, idempotencyKey: randomUUID() };
  const first = await mine.api.content.register(call);
  expect(first.status).toBe(201);
  await forgetAnswer(mine, call.idempotencyKey);
  const again = await mine.api.content.register(call);
  expect(again.headers.get('idempotency-replayed')).toBeNull();
  expect([again.status, again.body]).toEqual([201, first.body]);
  const other = { ...call, idempotencyKey: randomUUID() };
  expect((await mine.api.content.register(other)).status).toBe(409);
});

test('lists the batches of a creator page by page, newest first', async () => {
  const mine = await creator();
  const ids: string[] = [];
  for (let n = 0; n < 7; n++)
    ids.unshift(
      idOf(await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: ['nothing'] } })),
    );
  const page = await mine.api.content.listBatches({
    params: { creator: mine.creator },
    query: { limit: '3', skip: '3' },
  });
  expect(page.body).toMatchObject({
    creator: mine.creator,
    total: 7,
    limit: 3,
    skip: 3,
    page: 2,
    totalPages: 3,
  });
  if (!page.ok) throw new Error('refused');
  expect(page.body.batches.map(({ _id }) => _id)).toEqual(ids.slice(3, 6));
  expect(page.body.batches[0]).not.toHaveProperty('results');
  const nobody = await mine.api.content.listBatches({ params: { creator: 'nobody-at-all' } });
  expect(nobody.body).toEqual({
    creator: 'nobody-at-all',
    batches: [],
    total: 0,
    limit: 50,
    skip: 0,
    page: 1,
    totalPages: 0,
  });
});

test.each(['limit=0', 'limit=abc', 'limit=1e2', 'limit=', 'skip=-1', 'skip=1.5', 'skip=0x10'])(
  'refuses ?%s',
  async (query) => {
    const result = await fetch(`${inject('url')}/api/batches/creator/me?${query}`);
    expect(result.status).toBe(400);
    expect(await result.json()).toMatchObject({ error: 'VALIDATION_ERROR' });
  },
);

test('tries the failed items of a batch again as a new batch', async () => {
  const mine = await creator();
  const [early = '', late = ''] = newIds(2);
  await registered(mine, [early]);
  const first = idOf(
    await mine.api.content.batchRemove({
      body: { creator: mine.creator, contentIds: [early, late], removalReason: 'Old' },
    }),
  );
  await ended(mine, first);
  await registered(mine, [late]);
  const result = await mine.api.content.retry({ params: { batchId: first } });
  expect(result.status).toBe(202);
  const again = await ended(mine, idOf(result));
  expect(again).toMatchObject({
    operationType: 'remove-content',
    totalItems: 1,
    successCount: 1,
    removalReason: 'Old',
  });
  expect(again.results.map(({ contentId }) => contentId)).toEqual([late]);
  const nothing = await mine.api.content.retry({ params: { batchId: idOf(result) } });
  expect(nothing.status).toBe(400);
  expect(nothing.body).toEqual({ message: 'Batch operation has no failed items', error: 'VALIDATION_ERROR' });
  const other = await creator();
  expect((await other.api.content.retry({ params: { batchId: first } })).status).toBe(404);
});

test('a batch is retried once, however many ask at once or later', async () => {
  const mine = await creator();
  const first = idOf(
    await mine.api.content.batchRemove({ body: { creator: mine.creator, contentIds: newIds(30) } }),
  );
  await ended(mine, first);
  const retry = (batchId: string) => mine.api.content.retry({ params: { batchId } });
  const five = await Promise.all(Array.from({ length: 5 }, () => retry(first)));
  const [again = ''] = five.map(idOf);
  for (const { status, body, headers } of five) {
    expect(status).toBe(202);
    expect(body).toEqual(five[0]?.body);
    expect(headers.get('location')).toBe(`/api/batches/${again}`);
  }
  await ended(mine, again);
  expect(idOf(await retry(first))).toBe(again);
  const { body } = await mine.api.content.listBatches({ params: { creator: mine.creator } });
  expect(body).toMatchObject({ total: 2 });
  // What failed again is retried by retrying that batch.
  const third = idOf(await retry(again));
  expect([first, again]).not.toContain(third);
});

test('registers content for its creator only, each id once, all or nothing', async () => {
  const mine = await creator();
  const other = await creator();
  const [taken = '', free = ''] = newIds(2);
  await registered(other, [taken]);
  const item = (contentId: string) => ({ contentId, title: 'T', contentType: 'video' });
  const result = await mine.api.content.register({
    body: { creator: mine.creator, items: [item(free), item(taken)] },
  });
  expect(result.status).toBe(409);
  expect(result.body).toEqual({
    message: 'Content ids are already registered',
    error: 'CONFLICT',
    contentIds: [taken],
  });
  expect((await mine.api.content.getContent({ params: { contentId: free } })).status).toBe(404);
  const foreign = await mine.api.content.register({ body: { creator: other.creator, items: [item(free)] } });
  expect(foreign.status).toBe(403);
  const priced = await mine.untypedApi.content.register({
    body: { creator: mine.creator, items: [{ ...item(free), price: 1 }] },
  });
  expect(priced.status).toBe(400);
  const twice = await mine.api.content.register({
    body: { creator: mine.creator, items: [item(free), item(free)] },
  });
  expect(twice.body).toEqual({
    message: 'contentIds must be different from each other',
    error: 'VALIDATION_ERROR',
  });
});
