import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { dynamo } from '../dynamo/dynamo.ts';
import { getAll } from '../dynamo/get-all.ts';
import type { Item, Put } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant, present } from '../invariant.ts';
import type { AnswerUpdate, Outcome } from '../ledger/ledger.ts';
import { refFrom, type StoredRef, storedRef, type TransactionRef } from '../ledger/transaction-ref.ts';
import { answerKeyOf, seal, unseal } from './answer-seal.ts';
import type { Caller } from './caller.ts';
import { InFlight, type InputIssue, InvalidInput, Problem } from './problem.ts';
import { bodyIdentity, headerValues } from './request.ts';

/** Seconds for which an answer is replayed. */
const answerRetentionSeconds = 24 * 60 * 60;

/**
 * The lease of a claim in milliseconds: a little longer than a function may run (28 seconds), so that a
 * request that takes an expired claim over does not race its first holder.
 */
const claimLeaseMs = 30_000;

/**
 * Compressed bytes of an answer in one item: less than DynamoDB's 400 KB for an item with its attribute
 * names.
 */
const partBytesMax = 350_000;

/** A rendered answer. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The idempotency key of one request. */
interface Key {
  pk: string;
  /** Digest of the body: the same key with another body is a fault of the client. */
  fingerprint: string;
  /** Seals the answer, which may hold personal data or a secret that is shown once. Never stored. */
  answerKey: Buffer;
}

/**
 * A request's exclusive claim of its idempotency key: no other request with the key is executed meanwhile.
 */
export interface Claim {
  pk: string;
  /** A random id of this request, the fencing token: every later write for the key is conditional on it. */
  holder: string;
  /** As of the key. */
  answerKey: Buffer;
  /** The body of the answer that a transaction of the ledger keeps. */
  kept?: string;
}

/** The version of an item whose answer is sealed. In the first version it was not. */
export const sealedVersion = 2;

interface KeyItem {
  v?: number;
  pk: string;
  holder: string;
  fingerprint: string;
  /** End of the lease, in milliseconds since the epoch. */
  lease: number;
  /** TTL, in seconds since the epoch. */
  expires_at: number;
  /** The ledger transaction of the answer, which is valid only if that transaction committed. */
  batch?: StoredRef;
  status?: number;
  headers?: Record<string, string>;
  answer?: Uint8Array;
  /** The number of further items that hold the rest of the answer. */
  parts?: number;
}

/** Looks up the outcome of a ledger transaction. */
export type OutcomeOf = (transaction: TransactionRef) => Promise<Outcome>;

const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/**
 * The idempotency key of a call, if it has one. Keys are scoped to tenant, user, method, path and query.
 *
 * @throws InvalidInput unless it is a single value of 1 to 255 printable ASCII characters, since only those
 * survive every hop unchanged (RFC 9110 §5.5).
 */
export function readKey(event: APIGatewayProxyEvent, caller: Caller): Key | undefined {
  const [key, ...others] = headerValues(event, 'idempotency-key');
  if (key === undefined) return undefined;
  if (others.length > 0 || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new InvalidInput([{ place: 'header', issue: invalidKey }]);
  }
  const path = event.path.replace(/\/$/, '');
  const query = Object.entries(event.multiValueQueryStringParameters ?? {}).toSorted();
  const scope = [
    ...[caller.tenantId, caller.userId, event.httpMethod, path, key],
    ...(query.length > 0 ? [JSON.stringify(query)] : []),
  ];
  return {
    pk: `ANSWER#${digest(...scope)}`,
    fingerprint: digest(bodyIdentity(event)),
    answerKey: answerKeyOf(key, scope),
  };
}

const invalidKey: InputIssue['issue'] = {
  code: 'custom',
  path: ['Idempotency-Key'],
  message: 'must be 1 to 255 printable ASCII characters',
  input: undefined,
};

type Condition = Pick<Put, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

/** An item that was read as the claim, perhaps with its answer, that it is. */
function keyItemFrom(item: Item): KeyItem {
  assertVersion(item, 'claim of an idempotency key', sealedVersion);
  invariant(
    [item.holder, item.fingerprint].every((text) => typeof text === 'string' && text !== ''),
    'a claim has a holder and a fingerprint',
  );
  return item as Item & KeyItem;
}

/** @returns the item that is there, if the condition does not hold; none if it was deleted meanwhile. */
async function putIf(condition: Condition, item: KeyItem): Promise<{ done: boolean; found?: KeyItem }> {
  const written = await dynamo().put({
    TableName: tableName('guards'),
    Item: item,
    ...condition,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (written.done || !written.item) return { done: written.done };
  return { done: false, found: keyItemFrom(written.item) };
}

/**
 * True as long as the holder that was given up has not come back: begun another transaction, which could
 * still commit, or kept an answer.
 */
const unchangedSince = ({ holder, batch }: KeyItem): Condition => ({
  ConditionExpression: `holder = :holder AND ${
    batch ? '#batch.#batch = :batch' : 'attribute_not_exists(#batch) AND attribute_not_exists(answer)'
  }`,
  ExpressionAttributeNames: { '#batch': 'batch' },
  ExpressionAttributeValues: { ':holder': holder, ...(batch ? { ':batch': batch.batch } : {}) },
});

/**
 * Claims a key for this request, or returns the answer of the request that claimed it first.
 *
 * A claim whose holder died is taken over: after its lease, or, where the holder began a ledger transaction,
 * once that has aborted.
 *
 * @param now milliseconds since the epoch.
 * @returns the claim, or the first answer.
 * @throws Problem `key_reused` for a key with another body, InFlight while the first request is in progress.
 */
export async function claimKey(
  { pk, fingerprint, answerKey }: Key,
  now: number,
  outcomeOf?: OutcomeOf,
): Promise<Claim | KeptAnswer> {
  const claim: Claim = { pk, holder: randomUUID(), answerKey };
  const item: KeyItem = {
    ...{ pk, holder: claim.holder, fingerprint },
    lease: now + claimLeaseMs,
    expires_at: Math.ceil(now / 1000) + answerRetentionSeconds,
  };
  // DynamoDB deletes expired items hours late, so an expired one counts as absent.
  const { done, found } = await putIf(
    {
      ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
      ExpressionAttributeValues: { ':now': Math.floor(now / 1000) },
    },
    item,
  );
  // A write that is sent again after a lost answer finds its own claim.
  if (done || found?.holder === claim.holder) return claim;
  if (!found) throw new InFlight();
  if (found.fingerprint !== fingerprint) {
    throw new Problem('key_reused', 'This Idempotency-Key was used with another request body');
  }
  const needed = 'an answer is kept with a transaction only where its outcome can be looked up';
  const outcome = found.batch && (await present(outcomeOf, needed)(refFrom(found.batch)));
  if (found.answer && (!outcome || outcome === 'committed')) return await readAnswer(found, answerKey);
  const abandoned = outcome ? outcome === 'aborted' : found.lease <= now;
  if (!abandoned) throw new InFlight();
  const taken = await putIf(unchangedSince(found), item);
  if (taken.done || taken.found?.holder === claim.holder) return claim;
  throw new InFlight();
}

async function readAnswer(item: KeyItem, key: Buffer): Promise<KeptAnswer> {
  const written = 'an answer is written with its status and headers';
  const stored = [present(item.answer, written), ...(await readParts(item))];
  const packed = item.v === sealedVersion ? stored.map((part) => unseal(Buffer.from(part), key)) : stored;
  return {
    status: present(item.status, written),
    headers: present(item.headers, written),
    body: gunzipSync(Buffer.concat(packed)).toString('utf8'),
  };
}

const partName = (claim: Pick<Claim, 'pk' | 'holder'>, part: number) => `${claim.pk}#${claim.holder}#${part}`;

async function readParts(item: KeyItem): Promise<Uint8Array[]> {
  if (!item.parts) return [];
  const table = tableName('guards');
  const keys = Array.from({ length: item.parts }, (_, part) => ({ pk: partName(item, part) }));
  const found = await getAll(dynamo(), table, keys);
  return keys.map((key) => {
    const part = present(found.get(key), 'parts of an answer are written before the answer that counts them');
    return part.answer as Uint8Array;
  });
}

/**
 * Stores the part of an answer that does not fit into the claim's item, before that item, so that an answer
 * in it is always complete. Each part is sealed alone: parts that a request wrote twice are the same text,
 * but not the same bytes.
 *
 * @returns the number of further items.
 */
async function writeParts(claim: Claim, packed: Buffer, now: number): Promise<number> {
  const rest = packed.subarray(partBytesMax);
  const parts = Math.ceil(rest.length / partBytesMax);
  for (let part = 0; part < parts; part++) {
    const Item = {
      pk: partName(claim, part),
      answer: seal(rest.subarray(part * partBytesMax, (part + 1) * partBytesMax), claim.answerKey),
      expires_at: Math.ceil(now / 1000) + answerRetentionSeconds,
    };
    await dynamo().put({ TableName: tableName('guards'), Item });
  }
  return parts;
}

/**
 * The update that keeps an answer under its key. As part of a transaction it is applied together with the
 * change; its condition fails if another request has taken the key over.
 *
 * @param now milliseconds since the epoch.
 * @param transaction of the ledger that makes the answer valid, if there is one.
 */
export async function answerUpdateOf(
  claim: Claim,
  answer: KeptAnswer,
  now: number,
  transaction?: TransactionRef,
): Promise<AnswerUpdate> {
  if (transaction) claim.kept = answer.body;
  const packed = gzipSync(answer.body);
  const parts = await writeParts(claim, packed, now);
  return {
    TableName: tableName('guards'),
    Key: { pk: claim.pk },
    UpdateExpression: `SET v = :v, answer = :answer, parts = :parts, #status = :status, headers = :headers ${
      transaction ? ', #batch = :batch' : 'REMOVE #batch'
    }`,
    ConditionExpression: 'holder = :holder',
    ExpressionAttributeNames: { '#status': 'status', '#batch': 'batch' },
    ExpressionAttributeValues: {
      ':v': sealedVersion,
      ':answer': seal(packed.subarray(0, partBytesMax), claim.answerKey),
      ':parts': parts,
      ':status': answer.status,
      ':headers': answer.headers,
      ':holder': claim.holder,
      ...(transaction ? { ':batch': storedRef(transaction) } : {}),
    },
  };
}

/** Keeps an answer without a transaction. Does nothing if the claim was taken over meanwhile. */
export async function keepAnswer(claim: Claim, answer: KeptAnswer, now: number): Promise<void> {
  const update = await answerUpdateOf(claim, answer, now);
  await dynamo().update(update);
}

/**
 * Deletes a claim after an answer that is not kept, so that a retry with the key is executed. An answer that
 * committed with the work stays: the caller may have got 503 for work that took effect all the same.
 */
export async function dropClaim(claim: Claim): Promise<void> {
  await dynamo().remove({
    TableName: tableName('guards'),
    Key: { pk: claim.pk },
    ConditionExpression: 'holder = :holder AND attribute_not_exists(#batch) AND attribute_not_exists(answer)',
    ExpressionAttributeNames: { '#batch': 'batch' },
    ExpressionAttributeValues: { ':holder': claim.holder },
  });
}
