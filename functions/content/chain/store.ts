import type { Action, Key, Store } from '../../../core/dynamo/store.ts';
import {
  confirmingKey,
  leaseKey,
  NonceItem,
  type Numbering,
  nonceKey,
  type PriceJob,
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

/** The driver's state: waiting jobs, nonces in flight, and how far the chain has mined and confirmed them. */
export interface ChainStore {
  /** Takes or renews the lease; false while another driver holds it. */
  takeLease(holder: string, now: number): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  /** `undefined` before the first nonce. */
  state(): Promise<Numbering | undefined>;
  /** Starts numbering at the nonce that the chain expects. */
  begin(nonce: number): Promise<void>;
  /** The first waiting jobs, at most `limit`. */
  waiting(limit: number): Promise<WaitingPriceJob[]>;
  /** The stored nonces from `from` up to and excluding `to`, in order; at most 100. */
  nonces(from: number, to: number): Promise<NonceItem[]>;
  /** Commits these actions as one transaction; false if a condition failed. */
  write(actions: Action[]): Promise<boolean>;
  parts: ChainActions;
}

/** Builds the actions that the driver's transactions consist of. */
interface ChainActions {
  /** Moves the numbering, if it is still the one that was read. */
  move(was: Numbering, to: Partial<Numbering>): Action;
  putNonce(item: NewNonce): Action;
  /** Replaces a nonce if its bytes and its sender are still those that were read. */
  replaceNonce(was: NonceItem, item: NewNonce): Action;
  removeNonce(was: NonceItem): Action;
  /** Forgets a settled nonce, if it is stored. */
  forgetNonce(nonce: number): Action;
  /** Tells that an operation's transaction is in a block. */
  putConfirming(job: PriceJob, txId: string): Action;
  removeConfirming(job: PriceJob): Action;
  removeJob(job: Key): Action;
  putJob(job: QueuedPriceJob): Action;
}

/**
 * Nonces in flight at once, at most, which is not in a block: nodes refuse a chain of 25, and some room is
 * left for transactions signed by hand.
 */
export const noncesAtOnceMax = 20;

/** Settled nonces that are kept with their bytes, for a fork that is deeper than the confirmations. */
export const noncesKept = 1_000;

/** Without the attributes that are not set, which DynamoDB's items do not have. */
const numbered = ({ next, confirmed, mined, lowerSince, forkedAt, tip }: Numbering): SignerState => ({
  ...{ next, confirmed, mined },
  ...(lowerSince === undefined ? {} : { lowerSince }),
  ...(forkedAt === undefined ? {} : { forkedAt }),
  ...(tip === undefined ? {} : { tip }),
});

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
      const stored = item && SignerState.parse(item);
      return stored && { ...stored, mined: stored.mined ?? stored.confirmed };
    },
    async begin(nonce) {
      const Item = { ...key, next: nonce, confirmed: nonce, mined: nonce };
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
    async nonces(from, to) {
      if (from >= to) return [];
      const keys = Array.from({ length: to - from }, (_, n) => nonceKey(signer, from + n));
      const items = await store.getTogether(table, keys);
      return items.flatMap((item) => (item ? [NonceItem.parse(item)] : []));
    },
    async write(actions) {
      return (await store.transact(actions)).done;
    },
    parts: {
      move: (was, to) => ({
        Put: {
          Item: { ...key, ...numbered({ ...was, ...to }) },
          ...guarded(
            `#next = :next AND confirmed = :confirmed AND (attribute_not_exists(mined) OR mined = :mined) AND ${
              was.forkedAt === undefined ? 'attribute_not_exists(forkedAt)' : 'forkedAt = :forkedAt'
            }`,
            {
              ...{ ':next': was.next, ':confirmed': was.confirmed, ':mined': was.mined },
              ...(was.forkedAt === undefined ? {} : { ':forkedAt': was.forkedAt }),
            },
          ),
          ExpressionAttributeNames: { '#next': 'next' },
        },
      }),
      // The numbering moves in the same transaction; an item that is there is of an earlier numbering.
      putNonce: (item) => ({ Put: { TableName: table, Item: { ...nonceKey(signer, item.nonce), ...item } } }),
      replaceNonce: (was, item) => ({
        Put: { Item: { ...nonceKey(signer, item.nonce), ...item }, ...asRead(was) },
      }),
      removeNonce: (was) => ({ Delete: { Key: nonceKey(signer, was.nonce), ...asRead(was) } }),
      forgetNonce: (nonce) => ({ Delete: { TableName: table, Key: nonceKey(signer, nonce) } }),
      putConfirming: (job, txId) => ({
        Put: { TableName: table, Item: { ...confirmingKey(job), contentId: job.contentId, txId } },
      }),
      removeConfirming: (job) => ({ Delete: { TableName: table, Key: confirmingKey(job) } }),
      removeJob: ({ pk, sk }) => ({
        Delete: { TableName: table, Key: { pk, sk }, ConditionExpression: 'attribute_exists(pk)' },
      }),
      putJob: (job) => ({ Put: { TableName: table, Item: { ...job, pk: waitingJobsPartition } } }),
    },
  };
}
