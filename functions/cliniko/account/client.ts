import { domainToASCII } from 'node:url';
import * as z from 'zod';
import { ClinikoFault, FailedCall } from '../faults.ts';
import { baseUrlOf } from './api-key.ts';
import { pauseRequests, takeRequest } from './call-budget.ts';
import type { ClinikoDeps } from './deps.ts';

/** A page of 100 patients with long notes has about 300 KB. */
const bodyBytesMax = 5 * 1024 * 1024;

/** Wait after a 429 that announces no reset. */
const defaultResetDelayMs = 60_000;

/** A reset further ahead fails the call. */
const resetDelayMsMax = 60 * 60_000;

/** First part of the User-Agent (Cliniko API documentation, "Identifying your application"). */
const applicationName = 'Bulkhead';

/**
 * How we name ourselves: an application and an address. A header has octets only (RFC 9110 §5.5), so an
 * address with letters beyond ASCII is sent in UTF-8, its domain as it is looked up.
 */
function userAgentOf({ contactEmail }: ClinikoAccount): string {
  const [local = '', domain = ''] = contactEmail.split('@');
  const text = `${applicationName} (${local}@${domainToASCII(domain) || domain})`;
  return Buffer.from(text).toString('latin1');
}

/** Credentials of an account, and the address to which Cliniko may write about our requests. */
export interface ClinikoAccount {
  apiKey: string;
  contactEmail: string;
}

/** The API key may not be used before an instant. */
export class TooEarly extends Error {
  override readonly name = 'TooEarly';
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** True if Cliniko rejected the request, false if our own count did. */
  readonly refused: boolean;

  constructor(until: number, refused: boolean) {
    super('Cliniko may not be asked yet');
    this.until = until;
    this.refused = refused;
  }
}

/** One page of a list. */
export interface ListPage {
  records: unknown[];
  totalEntries: number;
  /** Path and query of the next page, from the root of the host; `undefined` on the last one. */
  next: string | undefined;
}

/** Reviver for JSON: keeps unsafe integers as text, since 64-bit ids have up to 19 digits. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && context?.source ? context.source : value;
}

const parse = (text: string): unknown => JSON.parse(text, exactly);

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest of the body.
    if (size > bodyBytesMax) throw new FailedCall('unreadable');
    chunks.push(chunk);
  }
  // Drops a byte order mark, which JSON does not have.
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * The time that `Retry-After` names, as seconds or as an HTTP date (RFC 9110 §10.2.3), in milliseconds since
 * the epoch; `undefined` without one.
 */
function retryAfterOf({ headers }: Response, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return now + Number(text) * 1000;
  // A date begins with its day of the week; `Date.parse` takes much else for a date.
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}

/**
 * Time of the next request after a 429, in milliseconds since the epoch: Cliniko's header has seconds and may
 * name a past instant; a proxy before it sends `Retry-After`.
 *
 * @throws ClinikoFault `ClinikoRateLimited` if the reset is more than an hour ahead.
 */
function resetOf(response: Response, { now, random }: ClinikoDeps): number {
  const announced = Number(response.headers.get('x-ratelimit-reset')) * 1000;
  const isAnnounced = Number.isFinite(announced) && announced > 0;
  const reset = isAnnounced ? announced : (retryAfterOf(response, now()) ?? now() + defaultResetDelayMs);
  if (reset > now() + resetDelayMsMax) throw new ClinikoFault('ClinikoRateLimited');
  // Up to a second of jitter, so that not all that wait for one reset send at once.
  return Math.max(reset, now() + 1_000) + Math.floor(random() * 1_000);
}

/** Request Timeout and Too Early: statuses below 500 that ask to be tried again (RFC 9110, RFC 8470). */
const passingStatuses: readonly number[] = [408, 425];

function faultOf(response: Response, now: number): ClinikoFault {
  const { status } = response;
  if (status === 401) return new ClinikoFault('ClinikoAuthFailed');
  if (status === 403) return new ClinikoFault('ClinikoForbidden');
  if (status >= 300 && status < 400) return new ClinikoFault('ClinikoMoved');
  if (status < 300) return new FailedCall('unexpected');
  if (status >= 500 || passingStatuses.includes(status))
    return new FailedCall('server_error', retryAfterOf(response, now));
  return new ClinikoFault('ClinikoRefused');
}

/**
 * The failure that an error of `fetch` or of its body means. Connections fail with many errors; a body that
 * cannot be unpacked has a cause with a code of zlib, such as Z_DATA_ERROR.
 */
function failureOf(error: unknown): ClinikoFault {
  if (error instanceof ClinikoFault) return error;
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return new FailedCall('timeout');
  return new FailedCall(String(cause?.code).startsWith('Z_') ? 'unreadable' : 'connection');
}

/**
 * The URL of a path below the account's base, or of a link of Cliniko's.
 *
 * @throws ClinikoFault `ClinikoMoved` if it is on another host, which must not get the key.
 */
function onHost(path: string, { apiKey }: ClinikoAccount): URL {
  const base = baseUrlOf(apiKey);
  const url = URL.parse(path, `${base}/`);
  if (url?.origin !== new URL(base).origin) throw new ClinikoFault('ClinikoMoved');
  return url;
}

/** Time for a call that begins now, in milliseconds. */
function timeLeftMs({ now, callsEndAt, callTimeoutMs }: ClinikoDeps): number {
  const left = Math.min(callTimeoutMs, callsEndAt() - now());
  if (left <= 0) throw new FailedCall('timeout');
  return left;
}

/**
 * Sends one GET request to Cliniko. Follows no redirects and does not retry: that is up to `repeatCall`.
 *
 * @param path with its query: below the account's base URL, or from the root of its host if it begins with a
 * slash.
 * @returns the answer's JSON; `undefined` for 404.
 * @throws TooEarly, FailedCall if it may succeed later, or ClinikoFault. None quotes an answer or the key.
 */
export async function askCliniko(account: ClinikoAccount, path: string, deps: ClinikoDeps): Promise<unknown> {
  const timeoutMs = timeLeftMs(deps);
  const free = await takeRequest(account.apiKey, deps.now());
  if (free !== undefined) throw new TooEarly(free, false);
  let response: Response;
  let text: string;
  try {
    response = await deps.fetch(onHost(path, account).href, {
      headers: {
        Authorization: `Basic ${Buffer.from(`${account.apiKey}:`).toString('base64')}`,
        Accept: 'application/json',
        'User-Agent': userAgentOf(account),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = response.status === 200 ? await readText(response) : '';
    if (response.status !== 200) await response.body?.cancel();
  } catch (error) {
    throw failureOf(error);
  }
  if (response.status === 404) return undefined;
  if (response.status === 429) {
    const until = resetOf(response, deps);
    await pauseRequests(account.apiKey, until);
    throw new TooEarly(until, true);
  }
  if (response.status !== 200) throw faultOf(response, deps.now());
  try {
    return parse(text);
  } catch {
    throw new FailedCall('unreadable');
  }
}

const PatientsPage = z.object({
  patients: z.array(z.unknown()),
  total_entries: z.int().nonnegative(),
  links: z.object({ next: z.string().nullish() }).nullish(),
});

/** Longer links to a next page are rejected, since they are stored with the run. */
const linkLengthMax = 1_000;

/**
 * Reads one page of a list of patients.
 *
 * @returns `undefined` if the account has no such list (404).
 * @throws as `askCliniko`; FailedCall also for a page that contradicts itself: more records than it counts,
 * or a link to itself or to something else as the next page.
 */
export async function readList(
  account: ClinikoAccount,
  path: string,
  deps: ClinikoDeps,
): Promise<ListPage | undefined> {
  const answer = await askCliniko(account, path, deps);
  if (answer === undefined) return undefined;
  const page = PatientsPage.safeParse(answer);
  if (!page.success) throw new FailedCall('unexpected');
  const { patients: records, total_entries: totalEntries, links } = page.data;
  const link = links?.next;
  const url = link ? onHost(link, account) : undefined;
  const next = url && url.pathname + url.search;
  const isOfList = url === undefined || url.pathname === onHost(path, account).pathname;
  const isUsable = next === undefined || (isOfList && next !== path && next.length <= linkLengthMax);
  if (!isUsable || records.length > totalEntries) throw new FailedCall('unexpected');
  return { records, totalEntries, next };
}
