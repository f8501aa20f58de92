import { Agent, request } from 'node:http';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Milliseconds to the first part of the body. */
  firstByte: number;
}

/** Somebody who calls one server over connections that stay open. Node's own client: it costs the least beside what is measured. */
export interface Caller {
  /** @throws Error unless the answer has a status of success. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  close(): void;
}

const CONNECTIONS = 64;

export function callerOf(url: string, token?: string): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const send = (method: string, path: string, body: unknown, more: Record<string, string> = {}) =>
    new Promise<Reply>((resolve, reject) => {
      const begun = performance.now();
      let firstByte = Number.NaN;
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        ...more,
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(payload && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
      };
      const outgoing = request(url + path, { agent, method, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.once('data', () => {
          firstByte = performance.now() - begun;
        });
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, firstByte });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  return {
    async call(method, path, body, headers) {
      const reply = await send(method, path, body, headers);
      if (reply.status >= 300)
        throw new Error(`${method} ${path} answered ${reply.status}: ${reply.text.slice(0, 300)}`);
      return reply;
    },
    close: () => agent.destroy(),
  };
}

/**
 * Calls as fast as answers come, `width` at a time, for so many milliseconds.
 *
 * @returns how long each call took, and calls per second.
 */
export async function load(
  milliseconds: number,
  width: number,
  call: () => Promise<unknown>,
): Promise<{ times: number[]; perSecond: number }> {
  const times: number[] = [];
  const begun = performance.now();
  const lane = async () => {
    for (let now = performance.now(); now - begun < milliseconds; ) {
      await call();
      const then = now;
      now = performance.now();
      times.push(now - then);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return { times, perSecond: times.length / ((performance.now() - begun) / 1_000) };
}
