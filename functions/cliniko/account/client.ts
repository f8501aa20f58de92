import * as z from 'zod';
import { ClinikoFault } from '../faults.ts';
import { baseUrlOf } from './api-key.ts';
import { pauseRequests, takeRequest } from './call-budget.ts';
import type { ClinikoDeps } from './deps.ts';

/** Milliseconds for one call, from its first byte to its last. */
const requestTimeoutMs = 10_000;

/** Bytes of one answer at most. A page of 100 patients with long notes has about 300 KB. */
const bodyBytesMax = 5 * 1024 * 1024;

/** How long to wait if Cliniko does not say, and how far ahead an announced reset is believed, in milliseconds. */
const defaultResetDelayMs = 60_000;
const resetDelayMsMax = 60 * defaultResetDelayMs;

/** Who asks, as Cliniko wants to know it (its API documentation, "Identifying your application"). */
const applicationName = 'Bulkhead';

/** An account, and whom Cliniko may write to about our requests. */
export interface ClinikoAccount {
  apiKey: string;
  contactEmail: string;
}

/** Nothing may be asked before an instant. */
export class TooEarly extends Error {
  override readonly name = 'TooEarly';
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Whether Cliniko itself refused, and not our own count of requests. */
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

/** Numbers that JavaScript would round stay text: ids of 64 bits have up to 19 digits. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && context?.source ? context.source : value;
}

const parse = (text: string): unknown => JSON.parse(text, exactly as Parameters<typeof JSON.parse>[1]);

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest of the body.
    if (size > bodyBytesMax) throw new ClinikoFault('ClinikoUnavailable');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** When Cliniko takes requests again: its header tells seconds since the epoch, and may tell an instant that is over. */
function resetOf(response: Response, { now, random }: ClinikoDeps): number {
  const announced = Number(response.headers.get('x-ratelimit-reset')) * 1000;
  const reset = Number.isFinite(announced) && announced > 0 ? announced : now() + defaultResetDelayMs;
  if (reset > now() + resetDelayMsMax) throw new ClinikoFault('ClinikoRateLimited');
  // Up to a second more, so that those who wait for one reset do not all come at once.
  return Math.max(reset, now() + 1_000) + Math.floor(random() * 1_000);
}

function faultOf(status: number): ClinikoFault {
  if (status === 401) return new ClinikoFault('ClinikoAuthFailed');
  if (status === 403) return new ClinikoFault('ClinikoForbidden');
  if (status >= 300 && status < 400) return new ClinikoFault('ClinikoMoved');
  if (status >= 500 || status === 408) return new ClinikoFault('ClinikoUnavailable');
  return new ClinikoFault('ClinikoRefused');
}

/** An address below the account's base, or a link of Cliniko's, as long as it is on the same host: the key must reach no other. */
function onHost(path: string, { apiKey }: ClinikoAccount): URL {
  const base = baseUrlOf(apiKey);
  const url = URL.parse(path, `${base}/`);
  if (url?.origin !== new URL(base).origin) throw new ClinikoFault('ClinikoMoved');
  return url;
}

/**
 * Asks Cliniko once. Nothing is followed or repeated here: the workflow does that, or the caller.
 *
 * @param path with its query: below the account's base address, or from the root of its host if it begins with a slash.
 * @returns the answer's JSON, or `undefined` if there is no such thing (404).
 * @throws TooEarly, or ClinikoFault. Neither quotes an answer or the key.
 */
export async function askCliniko(account: ClinikoAccount, path: string, deps: ClinikoDeps): Promise<unknown> {
  const free = await takeRequest(account.apiKey, deps.now());
  if (free !== undefined) throw new TooEarly(free, false);
  let response: Response;
  let text: string;
  try {
    response = await deps.fetch(onHost(path, account).href, {
      headers: {
        Authorization: `Basic ${Buffer.from(`${account.apiKey}:`).toString('base64')}`,
        Accept: 'application/json',
        'User-Agent': `${applicationName} (${account.contactEmail})`,
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    text = response.status === 200 ? await readText(response) : '';
    if (response.status !== 200) await response.body?.cancel();
  } catch (error) {
    // Of the many ways in which a connection fails (TypeError, TimeoutError, Z_DATA_ERROR …) none says more than this.
    throw error instanceof ClinikoFault ? error : new ClinikoFault('ClinikoUnavailable');
  }
  if (response.status === 404) return undefined;
  if (response.status === 429) {
    const until = resetOf(response, deps);
    await pauseRequests(account.apiKey, until);
    throw new TooEarly(until, true);
  }
  if (response.status !== 200) throw faultOf(response.status);
  try {
    return parse(text);
  } catch {
    throw new ClinikoFault('ClinikoUnavailable');
  }
}

const count = z.int().nonnegative();
const links = z.object({ next: z.string().nullish() }).nullish();

/** The longest link to a next page that is kept: it becomes part of what is stored for a run. */
const linkLengthMax = 1_000;

/**
 * One page of a list of Cliniko's.
 *
 * @param list the field that holds the records, e.g. `patients`.
 * @returns an empty page if the account has no such list.
 * @throws as `askCliniko`; ClinikoFault `ClinikoUnavailable` also for a page that contradicts itself: less than it counts and no next
 * page, or itself as the next page.
 */
export async function readList(
  account: ClinikoAccount,
  path: string,
  list: string,
  deps: ClinikoDeps,
): Promise<ListPage | undefined> {
  const answer = await askCliniko(account, path, deps);
  if (answer === undefined) return undefined;
  const page = z.object({ [list]: z.array(z.unknown()), total_entries: count, links }).safeParse(answer);
  if (!page.success) throw new ClinikoFault('ClinikoUnavailable');
  const records = page.data[list] as unknown[];
  const totalEntries = page.data.total_entries as number;
  const link = (page.data.links as z.output<typeof links>)?.next;
  const url = link ? onHost(link, account) : undefined;
  const next = url && url.pathname + url.search;
  if (next === path || (next?.length ?? 0) > linkLengthMax || records.length > totalEntries) {
    throw new ClinikoFault('ClinikoUnavailable');
  }
  return { records, totalEntries, next };
}
