import type { Clock } from '../../../core/clock.ts';
import { Unavailable } from '../../../core/dynamo/errors.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { Conflict, LostClaim } from '../../../core/ledger/errors.ts';
import type { Change, Ledger, Outcome, TransactionRef } from '../../../core/ledger/ledger.ts';
import type { Doc, Model } from './model.ts';

/** An operation that a client wants to take effect exactly once, however often it sends it. */
export interface Operation {
  key: string;
  creates: { tenant: string; count: number }[];
  updates: { tenant: string; id: string }[];
  deletes: { tenant: string; id: string }[];
  /** Named records to upsert: they are changed if found, else created. */
  names: { tenant: string; id: string }[];
}

export interface Wishes {
  model: Model;
  tenants: string[];
  random(): number;
  /** Records per tenant at most. */
  records: number;
  /** Share of the operations that change all tenants. */
  across: number;
  /** Share of the creations that are of named records. */
  names: number;
}

/** So few that clients often choose the same one. */
const namesPerTenant = 6;

/** Draws an operation, mostly a small one, on documents that exist now. */
export function wish(key: string, { model, tenants, random, records, across, names }: Wishes): Operation {
  const below = (limit: number) => Math.floor(random() * limit);
  const places = random() < across ? tenants : [tenants[below(tenants.length)] as string];
  const operation: Operation = { key, creates: [], updates: [], deletes: [], names: [] };
  for (const tenant of places) {
    const known = model.listed(tenant).map(({ id }) => id);
    const named = Array.from({ length: namesPerTenant }, (_, index) => `~${tenant}-${index}`);
    const style = random();
    for (let room = 1 + Math.floor(random() ** 2 * records); room > 0; room--) {
      const id = style < 0.25 ? undefined : known.splice(below(known.length), 1)[0];
      const isNamed = id === undefined && names > 0 && named.length > 0 && random() < names;
      if (isNamed) operation.names.push({ tenant, id: named.splice(below(named.length), 1)[0] as string });
      else if (id === undefined) operation.creates.push({ tenant, count: 1 });
      else if (style < 0.7 || random() < 0.5) operation.updates.push({ tenant, id });
      else operation.deletes.push({ tenant, id });
    }
  }
  return operation;
}

export class NotFound extends Error {}
export class Busy extends Error {}

export type Reply = 'written' | 'nothing to do';

export interface Server {
  ledger: Ledger<Doc>;
  /** The store of the claims. */
  store: Store;
  clock: Clock;
  model: Model;
  outcome(ref: TransactionRef): Promise<Outcome>;
  /** A claim without a transaction may be taken over after this time, in milliseconds. */
  claimLease: number;
  newId(): string;
}

interface ClaimItem {
  token: string;
  at: number;
  ref?: TransactionRef;
}

const claimKey = (key: string) => ({ pk: `KEY#${key}`, sk: 'KEY' });

/** Claims an operation, or returns that it is done. */
async function claim(
  { store, clock, outcome, claimLease }: Server,
  key: string,
  token: string,
): Promise<'mine' | 'done'> {
  const written = await store.put({
    TableName: 'guards',
    Item: { ...claimKey(key), token, at: clock.now() },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const held = written.item as unknown as ClaimItem | undefined;
  if (written.done || held?.token === token) return 'mine';
  if (!held) throw new Busy();
  const state = held.ref && (await outcome(held.ref));
  if (state === 'committed') return 'done';
  if (state === 'live' || (!state && held.at + claimLease > clock.now())) throw new Busy();
  const taken = await store.update({
    TableName: 'guards',
    Key: claimKey(key),
    UpdateExpression: 'SET #token = :token, #at = :now REMOVE #ref',
    // Not if the holder answered meanwhile: then the outcome of its transaction decides.
    ConditionExpression: `#token = :held AND ${held.ref ? '#ref.#id = :txId' : 'attribute_not_exists(#ref)'}`,
    ExpressionAttributeNames: {
      '#token': 'token',
      '#at': 'at',
      '#ref': 'ref',
      ...(held.ref && { '#id': 'txId' }),
    },
    ExpressionAttributeValues: {
      ':token': token,
      ':held': held.token,
      ':now': clock.now(),
      ...(held.ref && { ':txId': held.ref.txId }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (taken.done || (taken.item as ClaimItem | undefined)?.token === token) return 'mine';
  throw new Busy();
}

/** One invocation of an endpoint that writes, with an idempotency key. */
export async function serve(server: Server, operation: Operation): Promise<Reply> {
  const { key, creates, updates, deletes, names } = operation;
  const token = server.newId();
  if ((await claim(server, key, token)) === 'done') return 'written';
  const fresh = creates.flatMap(({ tenant, count }) =>
    Array.from({ length: count }, () => ({ tenant, id: server.newId() })),
  );
  const result = await server.ledger.write({
    actor: 'user',
    reads: [...updates, ...deletes, ...names],
    decide: (found) => {
      const changes: Change<Doc>[] = fresh.map(({ tenant, id }, index) => ({
        kind: 'create',
        tenant,
        document: { id, kind: index % 2 ? 'a' : 'b', rev: 1, by: key, ...(index % 3 === 0 && { note: key }) },
      }));
      const seen: Doc[] = [];
      for (const { tenant, id } of updates) {
        const old = found.get(id)?.document;
        if (!old) throw new NotFound();
        seen.push(old);
        const { note, ...rest } = old;
        const kind = old.rev % 2 ? 'a' : 'b';
        const document = { ...rest, kind, rev: old.rev + 1, by: key, ...(!note && { note: key }) } as Doc;
        changes.push({ kind: 'update', tenant, document });
      }
      for (const { tenant, id } of deletes) {
        const old = found.get(id)?.document;
        if (!old) continue;
        seen.push(old);
        changes.push({ kind: 'delete', tenant, id });
      }
      for (const { tenant, id } of names) {
        const old = found.get(id)?.document;
        if (old) seen.push(old);
        const document: Doc = { id, kind: 'a', rev: (old?.rev ?? 0) + 1, by: key };
        changes.push({ kind: old ? 'update' : 'create', tenant, document });
      }
      return { changes, result: { changes, seen } };
    },
    answer: (ref, { changes, seen }) => {
      server.model.plan(ref.txId, { key, changes, seen });
      return {
        TableName: 'guards',
        Key: claimKey(key),
        UpdateExpression: 'SET #ref = :ref',
        ConditionExpression: '#token = :token',
        ExpressionAttributeNames: { '#ref': 'ref', '#token': 'token' },
        ExpressionAttributeValues: { ':ref': ref, ':token': token },
      };
    },
  });
  return result.changes.length > 0 ? 'written' : 'nothing to do';
}

/** True for errors after which a client may try again with the same key. */
export const mayTryAgain = (error: unknown): boolean =>
  error instanceof Busy ||
  error instanceof Conflict ||
  error instanceof Unavailable ||
  error instanceof LostClaim;
