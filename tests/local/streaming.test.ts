import { beforeAll, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { startFixture } from './fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture();
});
const stream = (settings: object): Promise<Response> =>
  fetch(`${running.url}/stream`, { method: 'POST', body: JSON.stringify(settings) });

test('status and headers come from the prelude, the body from what follows', async () => {
  const response = await stream({ chunks: 3, size: 5 });
  expect(response.status).toBe(201);
  expect(response.headers.get('content-type')).toBe('text/csv');
  expect(await response.text()).toBe('000001111122222');
});

test('an answer of many megabytes comes whole', async () => {
  const response = await stream({ chunks: 200, size: 65_536 });
  expect((await response.arrayBuffer()).byteLength).toBe(200 * 65_536);
});

test('the first bytes arrive before the function has written the last', async () => {
  const response = await stream({ chunks: 3, size: 4, pause: 200 });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toBe('0000');
  let rest = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
    rest += Buffer.from(part.value).toString();
  expect(rest).toBe('11112222');
});

test('a failure in the middle cuts the stream, so that nobody takes half of it for all', async () => {
  const response = await stream({ chunks: 3, size: 10, cut: true });
  expect(response.status).toBe(201);
  await expect(response.text()).rejects.toThrow();
});

test('a client that goes away does no harm to the next', async () => {
  const leaving = new AbortController();
  const response = await fetch(`${running.url}/stream`, {
    method: 'POST',
    body: JSON.stringify({ chunks: 50, size: 65_536, pause: 5 }),
    signal: leaving.signal,
  });
  leaving.abort();
  await expect(response.text()).rejects.toThrow();
  expect(await (await stream({ chunks: 1, size: 2 })).text()).toBe('00');
});
