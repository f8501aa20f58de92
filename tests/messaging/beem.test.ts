import { createServer, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beem } from '../../functions/messaging/sms/providers/beem.ts';
import type { OutgoingMessage } from '../../functions/messaging/sms/providers/provider.ts';
import { listen } from '../../local/gateway/gateway.ts';
import { readBody } from '../../local/gateway/read-body.ts';

/** What the stand-in for Beem answers next; `undefined` ends the connection without an answer. */
let next: { status: number; body: unknown } | undefined;
const heard: { url: string; authorization: string | undefined; body: string }[] = [];

async function hear(message: IncomingMessage): Promise<void> {
  const body = (await readBody(message, 10_000)).toString();
  heard.push({ url: message.url ?? '', authorization: message.headers.authorization, body });
}

const server = createServer((message, response) => {
  void hear(message).then(() => {
    if (!next) return response.destroy();
    response.writeHead(next.status, { 'content-type': 'application/json' });
    return response.end(JSON.stringify(next.body));
  });
});
let url = '';
beforeAll(async () => {
  url = `http://127.0.0.1:${await listen(server, 0)}`;
});
afterAll(() => {
  server.close();
});

const message: OutgoingMessage = {
  to: '+255712345678',
  from: 'MIFUMO',
  text: 'Habari ✓',
  encoding: 'UCS-2',
  ref: { tenant: 't', message: 'm' },
};

const provider = (sendUrl = `${url}/send`) =>
  beem({ apiKey: 'key', secretKey: 'secret', sendUrl, reportsUrl: `${url}/reports` });

test('sends a message as Beem wants it, and takes its request’s id for the message’s', async () => {
  next = { status: 200, body: { successful: true, request_id: 35918915, code: 100, valid: 1, invalid: 0 } };
  expect(await provider().send(message)).toEqual({ kind: 'accepted', providerId: '35918915' });
  const { authorization, body } = heard.at(-1) ?? { body: '{}' };
  expect(authorization).toBe(`Basic ${Buffer.from('key:secret').toString('base64')}`);
  expect(JSON.parse(body)).toEqual({
    source_addr: 'MIFUMO',
    encoding: 1,
    schedule_time: '',
    message: 'Habari ✓',
    recipients: [{ recipient_id: 1, dest_addr: '255712345678' }],
  });
});

test.each([
  [
    { status: 200, body: { code: 102 } },
    { kind: 'rejected', code: 'SPENDING_LIMIT' },
  ],
  [
    { status: 200, body: { code: 101 } },
    { kind: 'rejected', code: 'BEEM_101' },
  ],
  [
    { status: 200, body: { code: 100, valid: 0 } },
    { kind: 'rejected', code: 'BEEM_100' },
  ],
  [
    { status: 429, body: {} },
    { kind: 'later', code: 'HTTP_429' },
  ],
  [
    { status: 401, body: {} },
    { kind: 'later', code: 'HTTP_401' },
  ],
  [{ status: 500, body: {} }, { kind: 'unknown' }],
  [undefined, { kind: 'unknown' }],
])('tells what was certainly not sent from what may have been (%#)', async (answer, result) => {
  next = answer;
  expect(await provider().send(message)).toEqual(result);
});

test('knows that nothing was sent when nobody was there', async () => {
  const gone = createServer();
  const port = await listen(gone, 0);
  await new Promise((done) => gone.close(done));
  expect(await provider(`http://127.0.0.1:${port}/send`).send(message)).toEqual({
    kind: 'later',
    code: 'UNREACHABLE',
  });
});

test.each([
  ['DELIVERED', { state: 'delivered' }],
  ['UNDELIVERED', { state: 'failed', code: 'UNDELIVERED' }],
  ['PENDING', undefined],
])('reads a receipt of %s', async (status, receipt) => {
  next = { status: 200, body: { dest_addr: '255712345678', request_id: '7', status } };
  expect(await provider().fetchReceipt?.('7', '+255712345678')).toEqual(receipt);
  expect(heard.at(-1)?.url).toBe('/reports?dest_addr=255712345678&request_id=7');
});
