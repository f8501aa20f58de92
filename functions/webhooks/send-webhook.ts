import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { systemClock } from '../../core/clock.ts';
import { retryAfterMs } from '../../core/retry-after.ts';
import {
  hostOf,
  isOpenUrl,
  NoReceiver,
  type Resolve,
  receiverAddress,
  resolveByDns,
  UnknownHost,
} from './receiver-address.ts';

/** Standard Webhooks advises 15 to 30 seconds. */
const answerTimeoutMs = 15_000;

/** The answer of a receiver; `status` is `undefined` if it could not be reached. */
export interface ReceiverAnswer {
  status: number | undefined;
  /** `Retry-After` in milliseconds; 0 without one. */
  retryAfter: number;
}

/** URL of the local run's outbox, which then receives all messages; unset in every stack. */
const relay = (): string | undefined => process.env.WEBHOOK_RELAY || undefined;

/**
 * True for receivers on this machine, without TLS, where `WEBHOOK_LOOPBACK` allows them: in tests of local
 * runs, never in a stack.
 */
const takesLoopback = (url: URL): boolean =>
  process.env.WEBHOOK_LOOPBACK === 'true' && ['127.0.0.1', 'localhost'].includes(url.hostname);

const isRelayed = (url: URL): boolean => relay() !== undefined && !takesLoopback(url);

async function addressOf(url: URL, resolve: Resolve): Promise<{ address: string; family: number }> {
  if (takesLoopback(url)) return { address: '127.0.0.1', family: 4 };
  if (url.protocol !== 'https:') throw new NoReceiver('only https');
  return await receiverAddress(hostOf(url), resolve);
}

/**
 * True if a webhook may be registered for this URL. Every message resolves and checks the host again. In a
 * local run, where messages only go to an outbox, the host need not resolve.
 */
export async function isReceiver(target: string, resolve: Resolve = resolveByDns): Promise<boolean> {
  const url = URL.parse(target);
  if (!url) return false;
  if (takesLoopback(url)) return true;
  if (!isOpenUrl(target)) return false;
  return await receiverAddress(hostOf(url), resolve).then(
    () => true,
    (error: unknown) => isRelayed(url) && error instanceof UnknownHost,
  );
}

/**
 * Posts a message once, to the very address that was checked. Follows no redirects and does not read the body
 * of the answer.
 *
 * @param resolve resolves host names.
 * @returns no status if the check or the connection fails; only the outbox of a local run throws.
 */
export async function sendWebhook(
  target: string,
  body: string,
  headers: Record<string, string>,
  resolve: Resolve = resolveByDns,
): Promise<ReceiverAnswer> {
  const url = new URL(target);
  if (isRelayed(url)) return await sendToRelay(url, body, headers);
  try {
    return await post(url, await addressOf(url, resolve), body, headers);
  } catch {
    return { status: undefined, retryAfter: 0 };
  }
}

async function sendToRelay(url: URL, body: string, headers: Record<string, string>): Promise<ReceiverAnswer> {
  const response = await fetch(`${relay()}/${encodeURIComponent(url.href)}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body,
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  await response.body?.cancel();
  return { status: response.status, retryAfter: 0 };
}

function post(
  url: URL,
  { address, family }: { address: string; family: number },
  body: string,
  headers: Record<string, string>,
): Promise<ReceiverAnswer> {
  const host = hostOf(url);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: address,
        family,
        port: url.port || (url.protocol === 'https:' ? 443 : 80),
        path: url.pathname + url.search,
        method: 'POST',
        // The certificate is checked against the name of the receiver, not against the address.
        ...(isIP(host) ? {} : { servername: host }),
        headers: {
          ...headers,
          Host: url.host,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Bulkhead-Webhooks',
        },
        signal: AbortSignal.timeout(answerTimeoutMs),
        agent: false,
      },
      (response) => {
        const retryAfter = retryAfterMs(response.headers['retry-after'], systemClock.now());
        response.destroy();
        resolve({ status: response.statusCode, retryAfter });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
