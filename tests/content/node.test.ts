import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { stacksNode } from '../../functions/content/chain/node.ts';

let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
const server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => server.close());

const refuse = (response: ServerResponse) => {
  response.writeHead(400, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error: 'transaction rejected', reason: 'NotEnoughFunds' }));
};

test('shows the provider of the node the key that it gave', async () => {
  const seen: unknown[] = [];
  answer = ({ headers }, response) => {
    seen.push(headers['x-api-key']);
    refuse(response);
  };
  await stacksNode(url, 'given').broadcast('00');
  await stacksNode(url).statusOf('0x00');
  expect(seen).toEqual(['given', undefined]);
});

test('tells a refusal of what was sent once from one of what had no answer before', async () => {
  answer = (_, response) => refuse(response);
  expect(await stacksNode(url).broadcast('00')).toMatchObject({ reason: 'NotEnoughFunds', once: true });
  let calls = 0;
  answer = ({ socket }, response) => (calls++ === 0 ? socket.destroy() : refuse(response));
  expect(await stacksNode(url).broadcast('00')).toMatchObject({ reason: 'NotEnoughFunds', once: false });
});

test.each([
  [{ last_executed_tx_nonce: 7 }, 7],
  [{ last_executed_tx_nonce: null }, -1],
  [{ error: 'busy' }, undefined],
])('of an account of which the API says %j, the last nonce that was used is %j', async (said, last) => {
  answer = (_, response) => response.setHeader('connection', 'close').end(JSON.stringify(said));
  expect(await stacksNode(url).lastUsedBy('ST1')).toBe(last);
});

test.each([
  [{ status: 'ready', chain_tip: { block_height: 90, burn_block_height: 12 } }, 12],
  [{ status: 'unavailable' }, undefined],
])('of an API that says %j, the height of the burn chain is %j', async (said, height) => {
  answer = (_, response) => response.setHeader('connection', 'close').end(JSON.stringify(said));
  expect(await stacksNode(url).burnHeight()).toBe(height);
});

test.each([
  [
    { tx_status: 'success', canonical: true, burn_block_height: 12 },
    { kind: 'success', burnHeight: 12 },
  ],
  [
    { tx_status: 'abort_by_response', tx_result: { repr: '(err u403)' }, burn_block_height: 12 },
    { kind: 'aborted', reason: 'abort_by_response (err u403)', burnHeight: 12 },
  ],
  [{ tx_status: 'success', canonical: false, burn_block_height: 12 }, { kind: 'missing' }],
  [{ tx_status: 'dropped_stale_garbage_collect' }, { kind: 'missing' }],
  [{ tx_status: 'pending' }, { kind: 'pending' }],
  // Without the height of its block nobody can count its confirmations.
  [{ tx_status: 'success' }, { kind: 'unknown' }],
])('a transaction that the API describes as %j is %j', async (said, status) => {
  answer = (_, response) => response.setHeader('connection', 'close').end(JSON.stringify(said));
  expect(await stacksNode(url).statusOf('0x00')).toEqual(status);
});

const json = (status: number, body: unknown) => ({
  status,
  type: 'application/json',
  text: JSON.stringify(body),
});

/** Answers that are none: none of them may be taken for a decision about a transaction, or for its state. */
test.each([
  ['a page of a proxy with status 200', { status: 200, type: 'text/html', text: '<html>Welcome</html>' }],
  ['a page of a proxy with status 404', { status: 404, type: 'text/html', text: '<html>Not found</html>' }],
  ['a rate limit in JSON', json(429, { error: 'Too Many Requests', message: 'per-minute rate limit' })],
  ['a refusal without a reason', json(400, { error: 'transaction rejected' })],
  ['a refusal whose reason is an object', json(400, { reason: { code: 'BadNonce' } })],
  ['a redirection to nowhere', json(302, {})],
  ['an answer that is cut', { status: 200, type: 'application/json', text: '{"tx_status":"succ' }],
  ['an empty answer', { status: 200, type: 'application/json', text: '' }],
  ['null', json(200, null)],
  ['a list', json(200, [])],
  ['a request for a key', json(401, { message: 'API key is missing' })],
  ['an API that is still reading the chain', json(503, { error: 'not ready' })],
  ['a status that nobody knows', json(200, { tx_status: 'queued', burn_block_height: 12 })],
  ['heights and nonces as texts', json(200, { tx_status: 'success', burn_block_height: '12', nonce: '7' })],
  ['a negative nonce', json(200, { nonce: -1, last_executed_tx_nonce: 1.5 })],
])('decides nothing by %s', async (_, { status, type, text }) => {
  answer = (request, response) => {
    // A transaction that a node takes is answered with 200 and its id.
    const isId = request.url === '/v2/transactions' && status === 200;
    response.writeHead(isId ? 500 : status, { 'content-type': type, connection: 'close' }).end(text);
  };
  const node = stacksNode(url);
  expect(await node.statusOf('0x00')).toEqual({ kind: 'unknown' });
  expect(await node.broadcast('00')).toEqual({ kind: 'unknown' });
  expect(await node.nonceOf('ST1')).toBeUndefined();
  expect(await node.lastUsedBy('ST1')).toBeUndefined();
  expect(await node.burnHeight()).toBeUndefined();
  expect(await node.callRead({ path: ['ST1', 'content-prices', 'get-price'], args: [] })).toBeUndefined();
});
