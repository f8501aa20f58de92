import { createHash, randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type Endpoint, endpointId, type Limit } from '../contract/endpoint.ts';
import { dynamo } from '../dynamo/dynamo.ts';
import { tableName } from '../dynamo/tables.ts';
import { assertVersion } from '../dynamo/version.ts';
import { present } from '../invariant.ts';
import type { Caller } from './caller.ts';
import { Problem } from './problem.ts';

/** The stage's setting for this endpoint in place of the contract's limit: `calls/seconds`, or `off`. */
function configured(limit: Limit): Limit | undefined {
  const { RATE_LIMIT = '' } = process.env;
  if (RATE_LIMIT === 'off') return undefined;
  const [calls, seconds] = RATE_LIMIT.split('/').map(Number);
  return calls && seconds ? { ...limit, calls, seconds } : limit;
}

/**
 * The subject of a limit: only what the token proves and the path names, no header that a client could vary.
 */
const counted = (limit: Limit, caller: Caller, event: APIGatewayProxyEvent): string[] =>
  limit.per === 'user'
    ? [caller.tenantId, 'user', caller.userId]
    : [
        caller.tenantId,
        'organization',
        present(event.pathParameters?.orgId, 'a limit per organization is of a path with {orgId}'),
      ];

/** The limit of an endpoint in this stage, or `undefined` for none. */
export const limitOf = (endpoint: Endpoint): Limit | undefined =>
  endpoint.limit && configured(endpoint.limit);

/** Quota status for an endpoint whose handler counts and rejects by itself. Reading it counts nothing. */
export type QuotaStatus = (
  caller: Caller,
  event: APIGatewayProxyEvent,
  limit: Limit,
  now: number,
) => Promise<Allowance>;

/**
 * Counts a call against its endpoint's limit, unless the handler counts by itself.
 *
 * @param now milliseconds since the epoch.
 * @param quotaStatus for an endpoint whose handler counts and rejects.
 * @returns headers for the answer and, for a call beyond the limit, the problem to answer; `undefined` for an
 * endpoint without a limit.
 */
export async function limitCalls(
  endpoint: Endpoint,
  caller: Caller,
  event: APIGatewayProxyEvent,
  now: number,
  quotaStatus?: QuotaStatus,
): Promise<{ headers: Record<string, string>; refusal?: Problem } | undefined> {
  const limit = limitOf(endpoint);
  if (!limit) return undefined;
  if (quotaStatus) return { headers: limitHeaders(await quotaStatus(caller, event, limit, now)) };
  const key = JSON.stringify([limit.together ?? endpointId(endpoint), ...counted(limit, caller, event)]);
  const allowance = await takeCall(key, limit, now);
  const headers = limitHeaders(allowance);
  if (allowance.admitted) return { headers };
  const retryAfter = secondsUntilFree(allowance, now);
  return { headers, refusal: new Problem('rate_limited', tooManyCalls(retryAfter), { retryAfter }) };
}

/** The quota headers of every answer of an endpoint with a limit. */
export const limitHeaders = ({ limit, remaining, resetAt }: Allowance): Record<string, string> => ({
  'X-RateLimit-Limit': String(limit),
  'X-RateLimit-Remaining': String(remaining),
  'X-RateLimit-Reset': String(Math.ceil(resetAt / 1000)),
});

/**
 * Whole seconds until the instant of `X-RateLimit-Reset`, so that a client that waits for either is admitted.
 */
export const secondsUntilFree = ({ resetAt }: Allowance, now: number): number =>
  Math.max(1, Math.ceil(resetAt / 1000) - Math.floor(now / 1000));

export const tooManyCalls = (retryAfter: number): string =>
  `Rate limit exceeded. Try again in ${retryAfter} seconds.`;

/** The quota of one caller after a call. */
export interface Allowance {
  admitted: boolean;
  limit: number;
  remaining: number;
  /** The first instant at which another call is admitted, in milliseconds since the epoch. */
  resetAt: number;
}

/** The instants at which calls were admitted, in milliseconds since the epoch, by slot. */
type Slots = ReadonlyMap<number, number>;

/**
 * The slots of each counter as this container last saw them: saves guessing a free slot, and the write if
 * none is free.
 */
const lastSeen = new Map<string, Slots>();
const countersKeptMax = 10_000;

const slotName = (slot: number) => `s${slot}`;

function slotsOf(item: Record<string, unknown>, calls: number): Slots {
  const slots = new Map<number, number>();
  for (let slot = 0; slot < calls; slot++) {
    const takenAt = item[slotName(slot)];
    if (typeof takenAt === 'number') slots.set(slot, takenAt);
  }
  return slots;
}

const isTaken = (slots: Slots, slot: number, windowStart: number) => (slots.get(slot) ?? 0) > windowStart;

function freeSlots(slots: Slots, calls: number, windowStart: number): number[] {
  return Array.from({ length: calls }, (_, slot) => slot).filter(
    (slot) => !isTaken(slots, slot, windowStart),
  );
}

function allowance(admitted: boolean, slots: Slots, limit: Limit, now: number): Allowance {
  const windowStart = now - limit.seconds * 1000;
  const taken = [...slots.values()].filter((takenAt) => takenAt > windowStart);
  const oldest = taken.length > 0 ? Math.min(...taken) : now;
  return {
    admitted,
    limit: limit.calls,
    remaining: Math.max(0, limit.calls - taken.length),
    resetAt: oldest + limit.seconds * 1000,
  };
}

function remember(key: string, slots: Slots): void {
  if (lastSeen.size >= countersKeptMax) lastSeen.clear();
  lastSeen.set(key, slots);
}

/**
 * Counts one call in an exact sliding window: never more than `limit.calls` in any `limit.seconds`, also for
 * concurrent calls.
 *
 * A counter is one item with a slot for each call, which holds the instant at which it was taken. A call
 * claims a slot by a conditional update that only succeeds while the slot is empty or older than the window,
 * so two calls cannot share one. A rejected call writes nothing once this container has seen the item full.
 *
 * @param key the subject and the limit; only a digest of it is stored.
 * @param now milliseconds since the epoch.
 */
export async function takeCall(key: string, limit: Limit, now: number): Promise<Allowance> {
  const windowStart = now - limit.seconds * 1000;
  let slots: Slots = lastSeen.get(key) ?? new Map();
  // Ends when the window is full: each failed claim reveals a slot that another call took, so at most `calls`
  // claims fail within one window.
  for (;;) {
    const free = freeSlots(slots, limit.calls, windowStart);
    if (free.length === 0) return allowance(false, slots, limit, now);
    const slot = present(free[Math.floor(Math.random() * free.length)], 'the index is below the length');
    const claimed = await claim(key, slot, limit, now);
    slots = slotsOf(claimed.item, limit.calls);
    remember(key, slots);
    if (claimed.succeeded) return allowance(true, slots, limit, now);
  }
}

/**
 * Claims one slot. If the answer of a first sending is lost, the second finds the slot taken: it is this
 * call's own if the counter names it as the last one that claimed, so that a call uses up one slot only.
 */
async function claim(key: string, slot: number, limit: Limit, now: number) {
  const windowMs = limit.seconds * 1000;
  const claimant = randomUUID();
  const { done, item = {} } = await dynamo().update({
    TableName: tableName('guards'),
    Key: { pk: `LIMIT#${createHash('sha256').update(key).digest('base64url')}` },
    UpdateExpression: 'SET #slot = :now, claimant = :claimant, expires_at = :expires',
    ConditionExpression: 'attribute_not_exists(#slot) OR #slot <= :windowStart',
    ExpressionAttributeNames: { '#slot': slotName(slot) },
    ExpressionAttributeValues: {
      ':now': now,
      ':claimant': claimant,
      ':windowStart': now - windowMs,
      ':expires': Math.ceil((now + windowMs) / 1000),
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  assertVersion(item, 'counter of a rate limit');
  return { succeeded: done || item.claimant === claimant, item };
}
