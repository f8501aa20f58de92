import * as z from 'zod';
import type { Kind, Planned } from '../../../core/batch/kind.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Action, Item, Key } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import type { Collection, Identified } from '../records/collection.ts';
import { id } from '../records/fields.ts';
import { changedOrder, type Order, OrderChange, orders } from '../records/order.ts';
import { Approval, approvalOf, approved, isProfessional } from '../records/professional.ts';
import { changedService, type Service, ServiceChange, services } from '../records/service.ts';
import {
  listPlaceOf,
  putRecord,
  recordKey,
  type StoredRecord,
  storedOf,
  tallyKey,
} from '../records/store.ts';
import { type ListPlace, tallyOf, tallyUpdate } from '../records/tally.ts';
import { changedUser, type User, UserChange, users } from '../records/user.ts';
import { type AdminOperationType, adminOperationTypes } from './operation-types.ts';

/** The record that each type of operation changes. */
export interface RecordOf {
  order_update: Order;
  professional_approval: User;
  service_update: Service;
  user_update: User;
}

/** The change that each type of operation asks for, as the contract has checked it. */
export interface ChangeOf {
  order_update: OrderChange;
  professional_approval: Approval;
  service_update: ServiceChange;
  user_update: UserChange;
}

/** A change of one record. */
export interface RecordOperation<C> {
  id: number;
  data: C;
}

/** The result of an operation in the status of its batch. */
export interface AdminDone {
  id: number;
  [field: string]: unknown;
}

/** The error of an operation in the status of its batch. */
export interface AdminFailure {
  code: 'VALIDATION_ERROR' | 'CONFLICT';
  message: string;
}

/** The rule of one type of operation. Pure. */
interface Rule<R extends Identified, C> {
  collection: Collection<R>;
  /**
   * The changed record (the same object if nothing changes), or a sentence that says why not. `now` is RFC
   * 3339, to the second.
   */
  decide(record: R | undefined, change: C, now: string): R | string;
  toResult(record: R, change: C): AdminDone;
}

const rules: { [T in AdminOperationType]: Rule<RecordOf[T], ChangeOf[T]> } = {
  order_update: {
    collection: orders,
    decide: (order, change, now) => (order ? changedOrder(order, change, now) : 'Order not found'),
    toResult: ({ id, status }) => ({ id, status }),
  },
  professional_approval: {
    collection: users,
    decide: (user, approval) =>
      isProfessional(user) ? approved(user, approval) : 'Professional profile not found',
    toResult: (user) => ({ id: user.id, ...approvalOf(user) }),
  },
  service_update: {
    collection: services,
    decide: (service, change, now) => (service ? changedService(service, change, now) : 'Service not found'),
    toResult: ({ id, is_active }) => ({ id, is_active }),
  },
  user_update: {
    collection: users,
    decide: (user, change) => (user ? changedUser(user, change) : 'User not found'),
    toResult: ({ id }, change) => ({ id, updated: Object.keys(change) }),
  },
};

/** The list of operations of a submitted batch. */
const operationsOf = <C extends z.ZodType>(change: C) =>
  z
    .array(z.strictObject({ resource_id: id, data: change }), { error: 'must be a non-empty list' })
    .min(1, { error: 'must be a non-empty list' })
    .max(1_000, { error: 'must have at most 1000 operations' });

const more = {
  notify_on_completion: z.boolean({ error: 'must be true or false' }).default(true),
};

/** A batch as it is submitted. */
export const Submission = z.discriminatedUnion(
  'operation_type',
  [
    z.strictObject({
      operation_type: z.literal('order_update'),
      operations: operationsOf(OrderChange),
      ...more,
    }),
    z.strictObject({
      operation_type: z.literal('professional_approval'),
      operations: operationsOf(Approval),
      ...more,
    }),
    z.strictObject({
      operation_type: z.literal('service_update'),
      operations: operationsOf(ServiceChange),
      ...more,
    }),
    z.strictObject({
      operation_type: z.literal('user_update'),
      operations: operationsOf(UserChange),
      ...more,
    }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? `must be one of ${adminOperationTypes.join(', ')}` : 'must be an object',
  },
);

/** The outcome of an operation: the record after it, or the reason why nothing was changed. */
export type Verdict<R> = { record: R } | { error: string };

interface Plan<R> {
  verdicts: Verdict<R>[];
  /**
   * By the place of the operation that they belong to. A record that several operations change is written
   * once.
   */
  actions: Map<number, Action[]>;
}

/** The items that operations depend on: their records, and the tally. */
export const keysOfOperations = (
  type: AdminOperationType,
  tenant: string,
  operations: Identified[],
): Key[] => {
  const { name } = rules[type].collection;
  const ids = [...new Set(operations.map(({ id }) => id))];
  return [...ids.map((id) => recordKey(name, tenant, id)), tallyKey(name, tenant)];
};

/**
 * Plans operations in their order, each on the record as those before it leave it. Pure.
 *
 * @param now milliseconds since the epoch.
 */
export function planOperations<T extends AdminOperationType>(
  type: T,
  tenant: string,
  operations: RecordOperation<ChangeOf[T]>[],
  found: { get(key: Key): Item | undefined },
  now: number,
): Plan<RecordOf[T]> {
  const { collection, decide }: Rule<RecordOf[T], ChangeOf[T]> = rules[type];
  const read = (id: number) => storedOf<RecordOf[T]>(found.get(recordKey(collection.name, tenant, id)));
  const before = new Map<number, StoredRecord<RecordOf[T]> | undefined>();
  const after = new Map<number, { record: RecordOf[T]; place: number }>();
  const at = `${timestamp(now).slice(0, -5)}Z`;
  const verdicts = operations.map(({ id, data }, place): Verdict<RecordOf[T]> => {
    if (!before.has(id)) before.set(id, read(id));
    const record = after.get(id)?.record ?? before.get(id)?.record;
    const decided = decide(record, data, at);
    if (typeof decided === 'string') return { error: decided };
    if (decided !== record) after.set(id, { record: decided, place: after.get(id)?.place ?? place });
    return { record: decided };
  });
  const actions = new Map<number, Action[]>();
  const moves: { from: ListPlace | undefined; to: ListPlace }[] = [];
  for (const [id, { record, place }] of after) {
    const was = before.get(id);
    actions.set(place, [putRecord(collection, tenant, record, was)]);
    moves.push({ from: was && listPlaceOf(collection, was.record), to: listPlaceOf(collection, record) });
  }
  const key = tallyKey(collection.name, tenant);
  const counted = tallyUpdate(tableName('admin'), key, tallyOf(found.get(key)), moves);
  const [[first, its] = []] = actions;
  if (counted && first !== undefined && its) actions.set(first, [...its, counted]);
  return { verdicts, actions };
}

const failure = (message: string): AdminFailure => ({ code: 'VALIDATION_ERROR', message });

/** One type of operation for the batch engine. */
export const adminKind = <T extends AdminOperationType>(
  type: T,
): Kind<RecordOperation<ChangeOf[T]>, AdminDone, AdminFailure> => ({
  table: () => tableName('admin'),
  reads: (operations, { tenant }) =>
    keysOfOperations(
      type,
      tenant,
      operations.map(({ data }) => data),
    ),
  plan: (operations, found, { tenant }, now) => {
    const { toResult }: Rule<RecordOf[T], ChangeOf[T]> = rules[type];
    const its = operations.map(({ data }) => data);
    const { verdicts, actions } = planOperations(type, tenant, its, found, now);
    return its.map(({ data }, place): Planned<AdminDone, AdminFailure> => {
      const verdict = present(verdicts[place], 'each operation has a verdict');
      return 'error' in verdict
        ? { error: failure(verdict.error) }
        : { result: toResult(verdict.record, data), actions: actions.get(place) ?? [] };
    });
  },
  stuck: { code: 'CONFLICT', message: 'Changed by others at the same time' },
});
