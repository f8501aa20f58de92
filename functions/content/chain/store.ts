import type { Action, Store } from '../../../core/dynamo/store.ts';
import {
  type Job,
  leaseKey,
  type NonceItem,
  nonceKey,
  type SignerState,
  stateKey,
  type WaitingJob,
  waitingJobs,
} from './items.ts';

/**
 * How long a driver is alone at the chain unless it says so again, in milliseconds. Several at once would only be in each other's way: what
 * they write is conditional, and what they send is the same.
 */
const LEASE = 15_000;

/** What the driver of the chain keeps: jobs that wait, nonces that were given out, and how far the chain has confirmed them. */
export interface ChainStore {
  /** Makes this the only driver, or keeps it so; false while another may be alive. */
  take(holder: string, now: number): Promise<boolean>;
  release(holder: string): Promise<void>;
  state(): Promise<SignerState | undefined>;
  /** Begins at the nonce that the chain expects. */
  begin(nonce: number): Promise<void>;
  waiting(limit: number): Promise<WaitingJob[]>;
  /** The nonces that are given out and not settled, in their order. */
  unsettled(state: SignerState): Promise<NonceItem[]>;
  /** False if somebody else was faster with any of it. */
  write(actions: Action[]): Promise<boolean>;
  parts: ChainActions;
}

/** The parts that transactions are made of. */
export interface ChainActions {
  /** Gives out nonces from `from` on. */
  give(from: number, count: number): Action;
  /** Takes the last nonce back, since nothing was sent with it that the chain could take. */
  takeBack(nonce: number): Action;
  /** Counts nonces from `from` on as settled. */
  confirm(from: number, count: number): Action;
  putNonce(item: Omit<NonceItem, 'pk' | 'sk'>): Action;
  /** Replaces what is stored for a nonce, if its bytes are those that were read, and their sender. */
  replaceNonce(was: NonceItem, item: Omit<NonceItem, 'pk' | 'sk'>): Action;
  removeNonce(was: NonceItem): Action;
  removeJob(job: WaitingJob): Action;
  putJob(job: Job & { sk: string }): Action;
}

/** Nonces on their way at most: nodes refuse a chain of 25, and some room is left for those who sign by hand. */
export const IN_FLIGHT = 20;

export function chainStore(store: Store, table: string, signer: string): ChainStore {
  const key = stateKey(signer);
  const guarded = (ConditionExpression: string, ExpressionAttributeValues: Record<string, unknown>) => ({
    ...{ TableName: table, ConditionExpression, ExpressionAttributeValues },
  });
  const asRead = ({ raw, sender }: NonceItem) => ({
    ...guarded(`#raw = :raw AND ${sender ? 'sender = :sender' : 'attribute_not_exists(sender)'}`, {
      ':raw': raw,
      ...(sender ? { ':sender': sender } : {}),
    }),
    ExpressionAttributeNames: { '#raw': 'raw' },
  });
  return {
    async take(holder, now) {
      const Item = { ...leaseKey, holder, until: now + LEASE };
      const free = 'attribute_not_exists(pk) OR #until <= :now OR holder = :holder';
      const names = { ExpressionAttributeNames: { '#until': 'until' } };
      return (await store.put({ Item, ...guarded(free, { ':now': now, ':holder': holder }), ...names })).done;
    },
    async release(holder) {
      await store.remove({ Key: leaseKey, ...guarded('holder = :holder', { ':holder': holder }) });
    },
    async state() {
      const item = await store.get(table, key);
      return item && { next: Number(item.next), confirmed: Number(item.confirmed) };
    },
    async begin(nonce) {
      const Item = { ...key, next: nonce, confirmed: nonce };
      await store.put({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' });
    },
    async waiting(limit) {
      const page = await store.query({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': waitingJobs },
        Limit: limit,
      });
      return page.items as unknown as WaitingJob[];
    },
    async unsettled({ next, confirmed }) {
      if (next === confirmed) return [];
      const keys = Array.from({ length: next - confirmed }, (_, n) => nonceKey(signer, confirmed + n));
      const items = await store.getTogether(table, keys);
      return items.flatMap((item) => (item ? [item as unknown as NonceItem] : []));
    },
    async write(actions) {
      return (await store.transact(actions)).done;
    },
    parts: {
      give: (from, count) => ({
        Update: {
          Key: key,
          UpdateExpression: 'SET #next = :to',
          ...guarded('#next = :from AND confirmed > :full', {
            ':from': from,
            ':to': from + count,
            ':full': from + count - IN_FLIGHT - 1,
          }),
          ExpressionAttributeNames: { '#next': 'next' },
        },
      }),
      takeBack: (nonce) => ({
        Update: {
          Key: key,
          UpdateExpression: 'SET #next = :nonce',
          ...guarded('#next = :after', { ':nonce': nonce, ':after': nonce + 1 }),
          ExpressionAttributeNames: { '#next': 'next' },
        },
      }),
      confirm: (from, count) => ({
        Update: {
          Key: key,
          UpdateExpression: 'SET confirmed = :to',
          ...guarded('confirmed = :from', { ':from': from, ':to': from + count }),
        },
      }),
      putNonce: (item) => ({
        Put: {
          TableName: table,
          Item: { ...nonceKey(signer, item.nonce), ...item },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      }),
      replaceNonce: (was, item) => ({
        Put: { Item: { ...nonceKey(signer, item.nonce), ...item }, ...asRead(was) },
      }),
      removeNonce: (was) => ({ Delete: { Key: nonceKey(signer, was.nonce), ...asRead(was) } }),
      removeJob: ({ pk, sk }) => ({
        Delete: { TableName: table, Key: { pk, sk }, ConditionExpression: 'attribute_exists(pk)' },
      }),
      putJob: (job) => ({ Put: { TableName: table, Item: { ...job, pk: waitingJobs } } }),
    },
  };
}
