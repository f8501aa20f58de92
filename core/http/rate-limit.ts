import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type Endpoint, endpointId, type Limit } from '../contract/endpoint.ts';
import { documents, tableName } from '../dynamo/tables.ts';
import type { Caller } from './caller.ts';
import { Problem } from './problem.ts';

/** The stage's own figure for this endpoint, `calls/seconds`, in place of the contract's; `off` for none. */
function configured(limit: Limit): Limit | undefined {
  const { RATE_LIMIT = '' } = process.env;
  if (RATE_LIMIT === 'off') return undefined;
  const [calls, seconds] = RATE_LIMIT.split('/').map(Number);
  return calls && seconds ? { ...limit, calls, seconds } : limit;
}

/** Whom a limit counts. Only what the token proved and the path named: no header that a caller could vary. */
const counted = (limit: Limit, caller: Caller, event: APIGatewayProxyEvent): string[] =>
  limit.per === 'user'
    ? [caller.tenantId, 'user', caller.userId]
    : [caller.tenantId, 'organization', event.pathParameters?.orgId ?? ''];

/** The limit of an endpoint as this stage has it; `undefined` for none. */
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
 * Counts a call against its endpoint's limit, unless the work does.
 *
 * @returns the headers for its answer and, if it is one too many, the problem to answer; `undefined` for an endpoint without a limit.
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

/** What every answer of a limited route tells. */
export const limitHeaders = ({ limit, remaining, resetAt }: Allowance): Record<string, string> => ({
  'X-RateLimit-Limit': String(limit),
  'X-RateLimit-Remaining': String(remaining),
  'X-RateLimit-Reset': String(Math.ceil(resetAt / 1000)),
});

/** Whole seconds, counted to the same instant as `X-RateLimit-Reset`, so that whoever waits for either of them is let in. */
export const secondsUntilFree = ({ resetAt }: Allowance, now: number): number =>
  Math.max(1, Math.ceil(resetAt / 1000) - Math.floor(now / 1000));

export const tooManyCalls = (retryAfter: number): string =>
  `Rate limit exceeded. Try again in ${retryAfter} seconds.`;

/** Where a caller stands with one limit after a call. */
export interface Allowance {
  admitted: boolean;
  limit: number;
  remaining: number;
  /** The first instant at which a call is free again, in milliseconds since the epoch. */
  resetAt: number;
}

/** The instants at which the calls of the current window were admitted, by slot. */
type Slots = ReadonlyMap<number, number>;

/** What this container last saw of a counter: saves the guess of a free slot, and the write when all are known to be taken. */
const lastSeen = new Map<string, Slots>();
const REMEMBERED = 10_000;

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
  if (lastSeen.size >= REMEMBERED) lastSeen.clear();
  lastSeen.set(key, slots);
}

/**
 * Takes one call out of a limit, exactly: never more than `limit.calls` in any `limit.seconds`, whatever runs at once.
 *
 * A counter is one item with a slot for each call, holding the instant when it was taken. A call claims a slot by a conditional
 * update that only succeeds while the slot is free or older than the window, so two calls cannot share one. A refused call writes
 * nothing once this container has seen the item full.
 *
 * @param key whom and what is counted; only a digest of it is stored.
 */
export async function takeCall(key: string, limit: Limit, now: number): Promise<Allowance> {
  const windowStart = now - limit.seconds * 1000;
  let slots: Slots = lastSeen.get(key) ?? new Map();
  // Each failed claim shows a slot that another call took, so there are at most `calls` of them within one window.
  for (;;) {
    const free = freeSlots(slots, limit.calls, windowStart);
    if (free.length === 0) return allowance(false, slots, limit, now);
    const slot = free[Math.floor(Math.random() * free.length)] ?? 0;
    const claimed = await claim(key, slot, limit, now);
    slots = slotsOf(claimed.item, limit.calls);
    remember(key, slots);
    if (claimed.succeeded) return allowance(true, slots, limit, now);
  }
}

async function claim(key: string, slot: number, limit: Limit, now: number) {
  const windowMs = limit.seconds * 1000;
  try {
    const { Attributes = {} } = await documents().send(
      new UpdateCommand({
        TableName: tableName('guards'),
        Key: { pk: `LIMIT#${createHash('sha256').update(key).digest('base64url')}` },
        UpdateExpression: 'SET #slot = :now, expires_at = :expires',
        ConditionExpression: 'attribute_not_exists(#slot) OR #slot <= :windowStart',
        ExpressionAttributeNames: { '#slot': slotName(slot) },
        ExpressionAttributeValues: {
          ':now': now,
          ':windowStart': now - windowMs,
          ':expires': Math.ceil((now + windowMs) / 1000),
        },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { succeeded: true, item: Attributes };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { succeeded: false, item: unmarshall(error.Item ?? {}) };
  }
}
