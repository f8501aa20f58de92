import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pause } from '../cliniko/fixtures.ts';

interface Received {
  headers: Record<string, string | string[] | undefined>;
  body: string;
  at: number;
}

/** A receiver on this machine that answers with these statuses in turn, the last one for ever. */
export const receiver = (...statuses: number[]) => receiverWith({}, ...statuses);

/** The same, with these headers on every answer. */
export async function receiverWith(headers: Record<string, string>, ...statuses: number[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() });
      const status = statuses[Math.min(received.length, statuses.length) - 1] ?? 204;
      const redirect = status === 302 ? { location: 'http://127.0.0.1:1/elsewhere' } : {};
      response.writeHead(status, { ...headers, ...redirect }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const until = async (count: number) => {
    while (received.length < count) await pause(50);
    return received;
  };
  return { url, received, until, close: () => server.close() };
}

/** Verifies a message as Standard Webhooks prescribes. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  const isFresh = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) < 300;
  return isFresh && String(headers['webhook-signature']).split(' ').includes(expected);
}
