import type { Action, Key, Store } from '../../../core/dynamo/store.ts';
import {
  leaseKey,
  NonceItem,
  nonceKey,
  type QueuedPriceJob,
  SignerState,
  signerKey,
  WaitingPriceJob,
  waitingJobsPartition,
} from './items.ts';

/**
 * Duration of a driver's lease unless it is renewed, in milliseconds. The lease only keeps drivers out of
 * each other's way: two at once would do no harm, since their writes are conditional and they send the same
 * bytes.
 */
const leaseMs = 15_000;

/** A nonce as it is to be stored, without its key. */
export type NewNonce = Omit<NonceItem, keyof Key>;

/** The driver's state: waiting jobs, nonces in flight, and how far the chain has confirmed them. */
export interface ChainStore {
  /** Takes or renews the lease; false while another driver holds it. */
  takeLease(holder: string, now: number): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  /** `undefined` before the first nonce. */
  state(): Promise<SignerState | undefined>;
  /** Starts numbering at the nonce that the chain expects. */
  begin(nonce: number): Promise<void>;
  /** The first waiting jobs, at most `limit`. */
  waiting(limit: number): Promise<WaitingPriceJob[]>;
  /** The nonces that are given out and not settled, in order. */
  unsettled(state: SignerState): Promise<NonceItem[]>;
  /** Commits these actions as one transaction; false if a condition failed. */
  write(actions: Action[]): Promise<boolean>;
  parts: ChainActions;
}

/** Builds the actions that the driver's transactions consist of. */
interface ChainActions {
  /** Gives out nonces from `from` on. */
  give(from: number, count: number): Action;
  /** Takes the last nonce back: nothing was sent with it that the chain could take. */
  takeBack(nonce: number): Action;
  /** Counts nonces from `from` on as settled. */
  confirm(from: number, count: number): Action;
  putNonce(item: NewNonce): Action;
  /** Replaces a nonce if its bytes and its sender are still those that were read. */
  replaceNonce(was: NonceItem, item: NewNonce): Action;
  removeNonce(was: NonceItem): Action;
  removeJob(job: Key): Action;
  putJob(job: QueuedPriceJob): Action;
}

/**
 * Nonces in flight at once, at most: nodes refuse a chain of 25, and some room is left for transactions
 * signed by hand.
 */
export const noncesAtOnceMax = 20;

export function chainStore(store: Store, table: string, signer: string): ChainStore {
  const key = signerKey(signer);
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
    async takeLease(holder, now) {
      const Item = { ...leaseKey, holder, until: now + leaseMs };
      const free = 'attribute_not_exists(pk) OR #until <= :now OR holder = :holder';
      const names = { ExpressionAttributeNames: { '#until': 'until' } };
      return (await store.put({ Item, ...guarded(free, { ':now': now, ':holder': holder }), ...names })).done;
    },
    async releaseLease(holder) {
      await store.remove({ Key: leaseKey, ...guarded('holder = :holder', { ':holder': holder }) });
    },
    async state() {
      const item = await store.get(table, key);
      return item && SignerState.parse(item);
    },
    async begin(nonce) {
      const Item = { ...key, next: nonce, confirmed: nonce };
      await store.put({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' });
    },
    async waiting(limit) {
      const page = await store.query({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': waitingJobsPartition },
        Limit: limit,
      });
      return page.items.map((item) => WaitingPriceJob.parse(item));
    },
    async unsettled({ next, confirmed }) {
      if (next === confirmed) return [];
      const keys = Array.from({ length: next - confirmed }, (_, n) => nonceKey(signer, confirmed + n));
      const items = await store.getTogether(table, keys);
      return items.flatMap((item) => (item ? [NonceItem.parse(item)] : []));
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
            ':full': from + count - noncesAtOnceMax - 1,
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
      putJob: (job) => ({ Put: { TableName: table, Item: { ...job, pk: waitingJobsPartition } } }),
    },
  };
}
