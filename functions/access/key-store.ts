import * as z from 'zod';
import { auditAction, newAuditEvent } from '../../core/audit-event.ts';
import { systemDeps } from '../../core/deps.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryAll } from '../../core/dynamo/query-all.ts';
import type { Action, Key } from '../../core/dynamo/store.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { transactOnce } from '../../core/dynamo/transact-once.ts';
import { assertVersion, stored } from '../../core/dynamo/version.ts';
import { grantKey, KeyGrant } from '../../core/http/api-key.ts';
import { InFlight, Problem } from '../../core/http/problem.ts';
import { type AnswerUpdate, answerAction } from '../../core/ledger/change.ts';

/** Keys of a tenant that have not expired: enough for a machine each, and one short page for their list. */
const keysPerTenantMax = 100;

/** A key as its tenant lists it: its grant, the hash of its text, and who made it when. */
export const ApiKey = stored(
  'API key',
  KeyGrant.extend({
    hash: z.string(),
    name: z.string(),
    /** RFC 3339. */
    created_at: z.string(),
    created_by: z.string(),
  }),
);
export type ApiKey = z.output<typeof ApiKey>;

const listed = 'KEY#';
const tenantPk = (tenant: string): string => `TENANT#${tenant}`;
const apiKeyKey = (tenant: string, id: string): Key => ({ pk: tenantPk(tenant), sk: `${listed}${id}` });

/**
 * The item that counts the keys that a tenant ever made. Each creation is conditional on the count that it
 * read (optimistic locking), so that none is decided by a list that has changed since.
 */
const creationsKey = (tenant: string): Key => ({ pk: tenantPk(tenant), sk: 'CREATIONS' });

/** Each failed try is another creation of the tenant, so a hundred mean that its limit is reached. */
const triesMax = 100;

/** The change that a caller makes: by whom, when, and the answer that is kept with it. */
interface Change {
  actor: string;
  /** Milliseconds since the epoch. */
  now: number;
  answer: AnswerUpdate | undefined;
}

const table = () => tableName('apiKeys');

/** DynamoDB deletes expired items late. */
const worksAt =
  (now: number) =>
  ({ expires_at }: ApiKey): boolean =>
    expires_at * 1_000 > now;

/** The keys of a tenant that have not expired, the oldest first. @param now milliseconds since the epoch. */
export async function findKeys(tenant: string, now: number): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  const query = { table: table(), range: { pk: tenantPk(tenant), prefix: listed } };
  for await (const item of queryAll(dynamo(), query)) keys.push(ApiKey.parse(item));
  return keys.filter(worksAt(now)).toSorted((one, other) => (one.created_at < other.created_at ? -1 : 1));
}

/**
 * A key of a tenant.
 *
 * @throws Problem `not_found` also for one that has expired, and for another tenant's.
 */
export async function findKey(tenant: string, id: string, now: number): Promise<ApiKey> {
  const item = await dynamo().get(table(), apiKeyKey(tenant, id));
  const key = item && ApiKey.parse(item);
  if (!key || !worksAt(now)(key)) throw keyNotFound(id);
  return key;
}

const keyNotFound = (id: string) => new Problem('not_found', `API key ${id} not found`);

const recorded = ({ tenant, id }: ApiKey, action: 'create' | 'delete', { actor, now }: Change): Action =>
  auditAction(
    newAuditEvent({ tenant, actor, action, resourceType: 'api_key', resourceId: id }, now, systemDeps.random),
  );

/**
 * Carries out a change with its audit record and its kept answer.
 *
 * @throws InFlight if another request took over the idempotency key.
 */
async function commit(actions: Action[], { answer }: Change): Promise<boolean> {
  const all = [...actions, ...(answer ? [answerAction(answer)] : [])];
  const outcome = await transactOnce(dynamo(), systemDeps, all);
  if (outcome.done) return true;
  if (answer && outcome.reasons.at(-1)?.failed) throw new InFlight();
  return false;
}

/** The two items of a key: what every endpoint finds by its hash, and what its tenant lists. */
function putsOf(key: ApiKey): Action[] {
  const { name, hash, created_at, created_by, ...grant } = key;
  const isNew = { ConditionExpression: 'attribute_not_exists(pk)' };
  return [
    { Put: { TableName: table(), Item: { ...grantKey(hash), ...grant }, ...isNew } },
    { Put: { TableName: table(), Item: { ...apiKeyKey(key.tenant, key.id), ...key }, ...isNew } },
  ];
}

/**
 * Stores a new key.
 *
 * @throws Problem `conflict` for one key too many, InFlight.
 */
export async function storeKey(key: ApiKey, change: Change): Promise<void> {
  const lock = creationsKey(key.tenant);
  for (let time = 0; time < triesMax; time++) {
    const counter = (await dynamo().get(table(), lock)) ?? {};
    assertVersion(counter, 'count of API keys');
    const creations = Number(counter.creations ?? 0);
    const known = await findKeys(key.tenant, change.now);
    if (known.length >= keysPerTenantMax)
      throw new Problem(
        'conflict',
        `A tenant has at most ${keysPerTenantMax} API keys: revoke one that is not needed any more`,
      );
    const counted: Action = {
      Put: {
        TableName: table(),
        Item: { ...lock, creations: creations + 1 },
        ConditionExpression: 'attribute_not_exists(pk) OR creations = :read',
        ExpressionAttributeValues: { ':read': creations },
      },
    };
    if (await commit([...putsOf(key), counted, recorded(key, 'create', change)], change)) return;
  }
  throw new Problem('conflict', 'Other API keys were created at the same time');
}

/**
 * Deletes a key.
 *
 * @throws Problem `not_found` if another call deleted it meanwhile, InFlight.
 */
export async function deleteKey(key: ApiKey, change: Change): Promise<void> {
  const removed = await commit(
    [
      { Delete: { TableName: table(), Key: grantKey(key.hash) } },
      {
        Delete: {
          TableName: table(),
          Key: apiKeyKey(key.tenant, key.id),
          ConditionExpression: 'attribute_exists(pk)',
        },
      },
      recorded(key, 'delete', change),
    ],
    change,
  );
  if (!removed) throw keyNotFound(key.id);
}
