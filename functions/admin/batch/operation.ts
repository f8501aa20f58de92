import * as z from 'zod';
import type { Kind, Planned } from '../../../core/batch/kind.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Action, Item, Key } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Collection } from '../records/collection.ts';
import { id } from '../records/fields.ts';
import { changedOrder, OrderChange, orders } from '../records/order.ts';
import { Approval, approvalOf, approved, isProfessional } from '../records/professional.ts';
import { changedService, ServiceChange, services } from '../records/service.ts';
import { placeOf, putRecord, recordKey, type Stored, storedOf, tallyKey } from '../records/store.ts';
import { type Place, tallyOf, tallyUpdate } from '../records/tally.ts';
import { changedUser, UserChange, users } from '../records/user.ts';

export const operationTypes = [
  'order_update',
  'professional_approval',
  'service_update',
  'user_update',
] as const;
export type OperationType = (typeof operationTypes)[number];

/** What is to be done to one record. */
export interface Operation {
  id: number;
  data: unknown;
}

/** What a caller is told of an operation that was done. */
export interface Done {
  id: number;
  [field: string]: unknown;
}

/** Why an operation was not done. */
export interface Failure {
  code: 'VALIDATION_ERROR' | 'CONFLICT';
  message: string;
}

/** The rule of one type of operation: pure. */
interface Rule<R extends { id: number } = { id: number }> {
  collection: Collection<R>;
  /** The record as it is to be (the same object if nothing changes), or a sentence that says why not. `now` is RFC 3339, to the second. */
  decide(record: R | undefined, data: unknown, now: string): R | string;
  /** What a caller of an asynchronous batch is told of it. */
  told(record: R, data: unknown): Done;
}

const rule = <R extends { id: number }>(its: Rule<R>): Rule => its as unknown as Rule;

/** `data` was checked by the contract when it came in. */
export const rules: Record<OperationType, Rule> = {
  order_update: rule({
    collection: orders,
    decide: (order, data, now) => (order ? changedOrder(order, data as OrderChange, now) : 'Order not found'),
    told: ({ id, status }) => ({ id, status }),
  }),
  professional_approval: rule({
    collection: users,
    decide: (user, data) =>
      isProfessional(user) ? approved(user, data as Approval) : 'Professional profile not found',
    told: (user) => ({ id: user.id, ...approvalOf(user) }),
  }),
  service_update: rule({
    collection: services,
    decide: (service, data, now) =>
      service ? changedService(service, data as ServiceChange, now) : 'Service not found',
    told: ({ id, is_active }) => ({ id, is_active }),
  }),
  user_update: rule({
    collection: users,
    decide: (user, data) => (user ? changedUser(user, data as UserChange) : 'User not found'),
    told: ({ id }, data) => ({ id, updated: Object.keys(data as object) }),
  }),
};

const operation = <D extends z.ZodType>(data: D) => z.strictObject({ resource_id: id, data });
const listOf = <D extends z.ZodType>(data: D) =>
  z
    .array(operation(data), { error: 'must be a non-empty list' })
    .min(1, { error: 'must be a non-empty list' })
    .max(1_000, { error: 'must have at most 1000 operations' });

const more = {
  notify_on_completion: z.boolean({ error: 'must be true or false' }).default(true),
};

/** A batch as it is submitted. */
export const Submission = z.discriminatedUnion(
  'operation_type',
  [
    z.strictObject({ operation_type: z.literal('order_update'), operations: listOf(OrderChange), ...more }),
    z.strictObject({
      operation_type: z.literal('professional_approval'),
      operations: listOf(Approval),
      ...more,
    }),
    z.strictObject({
      operation_type: z.literal('service_update'),
      operations: listOf(ServiceChange),
      ...more,
    }),
    z.strictObject({ operation_type: z.literal('user_update'), operations: listOf(UserChange), ...more }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? `must be one of ${operationTypes.join(', ')}` : 'must be an object',
  },
);

/** An operation's end: the record as it then is, or why nothing was done. */
export type Verdict = { record: { id: number } } | { error: string };

export interface Plan {
  verdicts: Verdict[];
  /** By the place of the operation that they belong to. A record that several operations change is written once. */
  actions: Map<number, Action[]>;
}

/** The items that operations depend on. */
export const keysOf = (type: OperationType, tenant: string, operations: Operation[]): Key[] => {
  const { name } = rules[type].collection;
  const ids = [...new Set(operations.map(({ id }) => id))];
  return [...ids.map((id) => recordKey(name, tenant, id)), tallyKey(name, tenant)];
};

/** What becomes of operations, in their order, each finding what those before it left. Pure. */
export function plan(
  type: OperationType,
  tenant: string,
  operations: Operation[],
  found: { get(key: Key): Item | undefined },
  now: number,
): Plan {
  const { collection, decide } = rules[type];
  const read = (id: number) => storedOf<{ id: number }>(found.get(recordKey(collection.name, tenant, id)));
  const before = new Map<number, Stored<{ id: number }> | undefined>();
  const after = new Map<number, { record: { id: number }; place: number }>();
  const at = `${timestamp(now).slice(0, -5)}Z`;
  const verdicts = operations.map(({ id, data }, place): Verdict => {
    if (!before.has(id)) before.set(id, read(id));
    const record = after.get(id)?.record ?? before.get(id)?.record;
    const decided = decide(record, data, at);
    if (typeof decided === 'string') return { error: decided };
    if (decided !== record) after.set(id, { record: decided, place: after.get(id)?.place ?? place });
    return { record: decided };
  });
  const actions = new Map<number, Action[]>();
  const moves: { from: Place | undefined; to: Place }[] = [];
  for (const [id, { record, place }] of after) {
    const was = before.get(id);
    actions.set(place, [putRecord(collection, tenant, record, was)]);
    moves.push({ from: was && placeOf(collection, was.record), to: placeOf(collection, record) });
  }
  const key = tallyKey(collection.name, tenant);
  const counted = tallyUpdate(tableName('admin'), key, tallyOf(found.get(key)), moves);
  const [[first, its] = []] = actions;
  if (counted && first !== undefined && its) actions.set(first, [...its, counted]);
  return { verdicts, actions };
}

const failure = (message: string): Failure => ({ code: 'VALIDATION_ERROR', message });

/** One type of operation for the batch engine. */
export const kindOf = (type: OperationType): Kind<Operation, Done, Failure> => ({
  table: () => tableName('admin'),
  reads: (operations, { tenant }) =>
    keysOf(
      type,
      tenant,
      operations.map(({ data }) => data),
    ),
  plan: (operations, found, { tenant }, now) => {
    const its = operations.map(({ data }) => data);
    const { verdicts, actions } = plan(type, tenant, its, found, now);
    return verdicts.map(
      (verdict, place): Planned<Done, Failure> =>
        'error' in verdict
          ? { error: failure(verdict.error) }
          : { result: rules[type].told(verdict.record, its[place]?.data), actions: actions.get(place) ?? [] },
    );
  },
  stuck: { code: 'CONFLICT', message: 'Changed by others at the same time' },
});
