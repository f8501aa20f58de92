import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  PutCommand,
  type PutCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { documents, tableName } from '../dynamo/tables.ts';
import { present } from '../invariant.ts';
import type { AnswerUpdate, BatchRef, Outcome } from '../ledger/ledger.ts';
import type { Caller } from './caller.ts';
import { InFlight, type InputIssue, InvalidInput, Problem } from './problem.ts';
import { bodyIdentity, headerValues } from './request.ts';

/** How long an answer is kept, in seconds. */
const KEPT = 24 * 60 * 60;

/**
 * How long a request may hold its key without having answered, in milliseconds: a little longer than a function may run, so that
 * whoever takes the key over is not racing a request that lives.
 */
const LEASE = 30_000;

/** The largest part of a packed answer that one item holds; an item may have 400 KB with its names. */
const PART = 350_000;

/** What a caller was answered, as it goes over the wire. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** An idempotency key as one request brought it. */
interface Key {
  pk: string;
  /** Digest of the body: the same key with another body is a mistake of the caller's. */
  fingerprint: string;
}

/** A request that holds its idempotency key: nobody else does its work meanwhile. */
export interface Claim {
  pk: string;
  /** Names this request; every write for the key is conditional on it. */
  holder: string;
  /** The body of the answer that was handed to a transaction to be kept with its batch. */
  kept?: string;
}

interface KeyItem {
  pk: string;
  holder: string;
  fingerprint: string;
  /** Until when the holder may still be at work, in milliseconds since the epoch. */
  lease: number;
  /** TTL, in seconds since the epoch. */
  expires_at: number;
  /** The batch that the answer belongs to: it counts only if that batch committed. */
  batch?: BatchRef;
  status?: number;
  headers?: Record<string, string>;
  answer?: Uint8Array;
  /** How many further items the answer is spread over. */
  parts?: number;
}

/** Looks up how a transaction of a ledger ended. */
export type OutcomeOf = (batch: BatchRef) => Promise<Outcome>;

const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/**
 * The idempotency key of a call, if it has one. A key is for one user's calls of one route: the same key elsewhere is another key.
 *
 * @throws InvalidInput unless it is 1..255 printable ASCII characters, since nothing else is one header value on every hop
 * (RFC 9110 §5.5).
 */
export function readKey(event: APIGatewayProxyEvent, caller: Caller): Key | undefined {
  const given = headerValues(event, 'idempotency-key');
  if (given.length === 0) return undefined;
  const [key = ''] = given;
  if (given.length > 1 || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new InvalidInput([{ place: 'header', issue: NOT_A_KEY }]);
  }
  const path = event.path.replace(/\/$/, '');
  return {
    pk: `ANSWER#${digest(caller.tenantId, caller.userId, event.httpMethod, path, key)}`,
    fingerprint: digest(bodyIdentity(event)),
  };
}

const NOT_A_KEY: InputIssue['issue'] = {
  code: 'custom',
  path: ['Idempotency-Key'],
  message: 'must be 1 to 255 printable ASCII characters',
  input: undefined,
};

const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof ConditionalCheckFailedException;

type Condition = Pick<
  PutCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** @returns what is there instead, if the condition does not hold. */
async function putIf(condition: Condition, item: KeyItem): Promise<KeyItem | undefined> {
  try {
    await documents().send(
      new PutCommand({
        TableName: tableName('guards'),
        Item: item,
        ...condition,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return undefined;
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
    return unmarshall(error.Item ?? {}) as KeyItem;
  }
}

/** Holds as long as the holder that was given up has not come back and begun a batch: then its batch could still commit. */
const unchangedSince = ({ holder, batch }: KeyItem): Condition => ({
  ConditionExpression: `holder = :holder AND ${batch ? '#batch.#batch = :batch' : 'attribute_not_exists(#batch)'}`,
  ExpressionAttributeNames: { '#batch': 'batch' },
  ExpressionAttributeValues: { ':holder': holder, ...(batch ? { ':batch': batch.batch } : {}) },
});

/**
 * Claims a key for this request, or tells what became of the request that holds it.
 *
 * @returns the claim, or the first answer again.
 * @throws Problem `key_reused` when the key came with another body, InFlight while the first request is at work.
 */
export async function claimKey(
  { pk, fingerprint }: Key,
  now: number,
  outcomeOf?: OutcomeOf,
): Promise<Claim | KeptAnswer> {
  const claim: Claim = { pk, holder: randomUUID() };
  const item: KeyItem = {
    ...claim,
    fingerprint,
    lease: now + LEASE,
    expires_at: Math.ceil(now / 1000) + KEPT,
  };
  // DynamoDB deletes expired items hours late, so an expired one counts as absent.
  const found = await putIf(
    {
      ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
      ExpressionAttributeValues: { ':now': Math.floor(now / 1000) },
    },
    item,
  );
  // A write that was sent twice, since its answer was lost, finds its own claim.
  if (!found || found.holder === claim.holder) return claim;
  if (found.fingerprint !== fingerprint) {
    throw new Problem('key_reused', 'This Idempotency-Key was used with another request body');
  }
  const outcome = async (batch: BatchRef) =>
    await present(
      outcomeOf,
      'an answer is kept with a transaction only where its outcome can be looked up',
    )(batch);
  if (found.answer && (!found.batch || (await outcome(found.batch)) === 'committed')) {
    return await readAnswer(found);
  }
  const abandoned = found.batch ? (await outcome(found.batch)) === 'aborted' : found.lease <= now;
  if (abandoned && !(await putIf(unchangedSince(found), item))) return claim;
  throw new InFlight();
}

async function readAnswer(item: KeyItem): Promise<KeptAnswer> {
  const packed = [item.answer ?? new Uint8Array(), ...(await readParts(item))];
  return {
    status: item.status ?? 200,
    headers: item.headers ?? {},
    body: gunzipSync(Buffer.concat(packed)).toString('utf8'),
  };
}

const partName = (claim: Claim, part: number) => `${claim.pk}#${claim.holder}#${part}`;

async function readParts(item: KeyItem): Promise<Uint8Array[]> {
  if (!item.parts) return [];
  const table = tableName('guards');
  const keys = Array.from({ length: item.parts }, (_, part) => ({ pk: partName(item, part) }));
  const found = new Map<string, Uint8Array>();
  for (let wanted = keys; wanted.length > 0; ) {
    const { Responses, UnprocessedKeys } = await documents().send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
    );
    for (const part of Responses?.[table] ?? []) found.set(part.pk, part.answer);
    wanted = (UnprocessedKeys?.[table]?.Keys ?? []) as typeof keys;
  }
  return keys.map(({ pk }) => found.get(pk) ?? new Uint8Array());
}

/** Stores what does not fit into the claim's own item. It is written first, so that an answer that counts is always whole. */
async function writeParts(claim: Claim, packed: Buffer, now: number): Promise<number> {
  const rest = packed.subarray(PART);
  const parts = Math.ceil(rest.length / PART);
  for (let part = 0; part < parts; part++) {
    const Item = {
      pk: partName(claim, part),
      answer: rest.subarray(part * PART, (part + 1) * PART),
      expires_at: Math.ceil(now / 1000) + KEPT,
    };
    await documents().send(new PutCommand({ TableName: tableName('guards'), Item }));
  }
  return parts;
}

/**
 * The update that keeps an answer under its key. Given to a transaction it becomes true together with the batch; its condition fails
 * when another request has taken the key over.
 */
export async function answerUpdateOf(
  claim: Claim,
  answer: KeptAnswer,
  now: number,
  batch?: BatchRef,
): Promise<AnswerUpdate> {
  if (batch) claim.kept = answer.body;
  const packed = gzipSync(answer.body);
  const parts = await writeParts(claim, packed, now);
  return {
    TableName: tableName('guards'),
    Key: { pk: claim.pk },
    UpdateExpression: `SET answer = :answer, parts = :parts, #status = :status, headers = :headers ${
      batch ? ', #batch = :batch' : 'REMOVE #batch'
    }`,
    ConditionExpression: 'holder = :holder',
    ExpressionAttributeNames: { '#status': 'status', '#batch': 'batch' },
    ExpressionAttributeValues: {
      ':answer': packed.subarray(0, PART),
      ':parts': parts,
      ':status': answer.status,
      ':headers': answer.headers,
      ':holder': claim.holder,
      ...(batch ? { ':batch': batch } : {}),
    },
  };
}

/** Keeps an answer that belongs to no batch. A claim that was lost meanwhile is left to its new holder. */
export async function keepAnswer(claim: Claim, answer: KeptAnswer, now: number): Promise<void> {
  const update = await answerUpdateOf(claim, answer, now);
  await ignoringLostClaim(documents().send(new UpdateCommand(update)));
}

/** Gives a key back after an answer that is not kept, so that the caller's next try is a first one. */
export async function dropClaim(claim: Claim): Promise<void> {
  await ignoringLostClaim(
    documents().send(
      new DeleteCommand({
        TableName: tableName('guards'),
        Key: { pk: claim.pk },
        ConditionExpression: 'holder = :holder AND attribute_not_exists(#batch)',
        ExpressionAttributeNames: { '#batch': 'batch' },
        ExpressionAttributeValues: { ':holder': claim.holder },
      }),
    ),
  );
}

async function ignoringLostClaim(sent: Promise<unknown>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}
