import { AnswerLost, Busy } from '../../../core/dynamo/errors.ts';
import type {
  Action,
  Item,
  Page,
  Query,
  Store,
  TableKey,
  Transacted,
  Written,
} from '../../../core/dynamo/store.ts';
import { holds, updated } from './expressions.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Faults, as probabilities per request. */
export interface Faults {
  refused: number;
  lostReply: number;
  lostRequest: number;
  /** The caller gets no answer, and the request takes effect up to `lateMax` milliseconds later. */
  late: number;
  lateMax: number;
  /**
   * The request takes effect a second time, later. Never BatchWriteItem: nothing on the way sends that twice.
   */
  doubled: number;
  /** Part of a BatchGetItem or BatchWriteItem is left unprocessed. */
  partial: number;
  /** The longest time in which a TransactWriteItems reaches all its items, in milliseconds. */
  gap: number;
}

export interface Database {
  /** A client with a network of its own. */
  store(faults: Faults): Store;
  /** Every item, for the checks at the end. */
  items(table: string): Item[];
  item(table: string, key: TableKey): Item | undefined;
  counts: Record<'requests' | 'lost' | 'late' | 'doubled' | 'refused' | 'conflicts', number>;
}

/**
 * DynamoDB as it behaves on AWS, in virtual time. Writes of one item are atomic, and strongly consistent
 * reads see them at once. A TransactWriteItems checks and locks at one instant, but other readers see its
 * items change one by one; meanwhile other writes of these items are refused. Query and BatchGetItem read
 * item by item.
 *
 * @param watch is called for every change of an item, at its instant.
 */
export function simulatedDatabase(
  time: VirtualTime,
  watch: (table: string, before: Item | undefined, after: Item | undefined) => void,
): Database {
  const tables = new Map<string, Map<string, Map<string, Item>>>();
  const locks = new Set<string>();
  const counts = { requests: 0, lost: 0, late: 0, doubled: 0, refused: 0, conflicts: 0 };

  const partition = (table: string, pk: string): Map<string, Item> => {
    const partitions = tables.get(table) ?? new Map<string, Map<string, Item>>();
    tables.set(table, partitions);
    const items = partitions.get(pk) ?? new Map<string, Item>();
    partitions.set(pk, items);
    return items;
  };
  const item = (table: string, { pk, sk = '' }: TableKey) => partition(table, pk).get(sk);
  const nameOf = (table: string, { pk, sk }: TableKey) => `${table} ${pk} ${sk}`;
  const assign = (table: string, key: TableKey, after: Item | undefined) => {
    const items = partition(table, key.pk);
    const { sk = '' } = key;
    const before = items.get(sk);
    if (after) items.set(sk, after);
    else items.delete(sk);
    watch(table, before, after);
  };

  interface Change {
    table: string;
    key: TableKey;
    ok: boolean;
    before: Item | undefined;
    after: Item | undefined;
  }
  /** The change that one write would make now. */
  const changeOf = (action: Action): Change => {
    const { Put, Update, Delete } = action;
    const request = Put ?? Update ?? Delete;
    if (!request) throw new Error('Unknown action');
    const key = (Put ? Put.Item : (Update ?? Delete)?.Key) as unknown as TableKey;
    const table = request.TableName as string;
    const before = item(table, key);
    const names = request.ExpressionAttributeNames;
    const values = request.ExpressionAttributeValues;
    const ok = holds(request.ConditionExpression, before, names, values);
    if (!ok) return { table, key, ok, before, after: before };
    if (Put) return { table, key, ok, before, after: { ...Put.Item } };
    if (Delete) return { table, key, ok, before, after: undefined };
    const start = before ?? { pk: key.pk, sk: key.sk };
    return {
      table,
      key,
      ok,
      before,
      after: updated(Update?.UpdateExpression as string, start, names, values),
    };
  };

  const guardLock = (name: string) => {
    if (!locks.has(name)) return;
    counts.conflicts++;
    throw new Busy('TransactionConflict');
  };
  const single = (action: Action, wantsNew = false): Written => {
    const change = changeOf(action);
    guardLock(nameOf(change.table, change.key));
    if (!change.ok) return { done: false, item: change.before };
    assign(change.table, change.key, change.after);
    return { done: true, item: wantsNew ? change.after : undefined };
  };

  const shuffled = <E>(list: E[]): E[] => {
    const copy = [...list];
    for (let last = copy.length - 1; last > 0; last--) {
      const other = Math.floor(time.random() * (last + 1));
      [copy[last], copy[other]] = [copy[other] as E, copy[last] as E];
    }
    return copy;
  };

  const transact = async (actions: Action[], gap: number): Promise<Transacted> => {
    if (actions.length > 100) throw new Error('ValidationException: 100 actions');
    const changes = actions.map(changeOf);
    const names = changes.map(({ table, key }) => nameOf(table, key));
    if (new Set(names).size < names.length) throw new Error('ValidationException: two actions on one item');
    const failed = changes.map(({ ok }, index) => !ok && !locks.has(names[index] as string));
    if (failed.includes(true))
      return {
        done: false,
        reasons: changes.map(({ before }, at) =>
          failed[at] ? { failed: true, item: before } : { failed: false },
        ),
      };
    for (const name of names) guardLock(name);
    for (const name of names) locks.add(name);
    const slow = time.chance(0.5);
    for (const { table, key, after } of shuffled(changes)) {
      if (slow && time.chance(0.6)) await time.sleep(time.between(0, (2 * gap) / changes.length));
      assign(table, key, after);
      locks.delete(nameOf(table, key));
    }
    return { done: true };
  };

  const query = async (input: Query): Promise<Page> => {
    const pk = input.ExpressionAttributeValues?.[':pk'] as string;
    const table = input.TableName as string;
    const backward = input.ScanIndexForward === false;
    const items: Item[] = [];
    let last = (input.ExclusiveStartKey as TableKey | undefined)?.sk;
    let scanned = 0;
    // Ends with the page, or with the partition.
    for (;;) {
      const following = [...partition(table, pk).keys()]
        .filter((sk) => last === undefined || (backward ? sk < last : sk > last))
        .sort();
      const sk = backward ? following.at(-1) : following[0];
      if (sk === undefined) break;
      // DynamoDB ends a page after 1 MB, wherever that is.
      if (scanned === (input.Limit ?? Number.POSITIVE_INFINITY) || (scanned > 0 && time.chance(0.03))) break;
      const whole = item(table, { pk, sk }) as Item;
      const { tx, c, x } = whole;
      const seen = input.IndexName ? { pk, sk, ix: whole.ix, tx, c, x } : whole;
      if (
        holds(input.FilterExpression, seen, input.ExpressionAttributeNames, input.ExpressionAttributeValues)
      )
        items.push(seen);
      scanned++;
      last = sk;
      if (time.chance(0.15)) await time.sleep(time.between(0, 20));
    }
    const more = [...partition(table, pk).keys()].some(
      (sk) => last !== undefined && scanned > 0 && (backward ? sk < last : sk > last),
    );
    const next = more ? { pk, sk: last, ...(input.IndexName && { ix: last }) } : undefined;
    return { items: input.Select === 'COUNT' ? [] : items, count: items.length, next };
  };

  const store = (faults: Faults): Store => {
    const network = () => time.sleep(time.chance(0.05) ? time.between(20, 200) : time.between(1, 8));
    const call = async <R>(work: () => R | Promise<R>, repeatable: boolean): Promise<R> => {
      counts.requests++;
      await network();
      const fate = time.random();
      const { refused, lostRequest, lostReply, late, doubled } = faults;
      if (fate < refused) {
        counts.refused++;
        await network();
        throw new Busy('Throttling');
      }
      if (fate < refused + lostRequest) {
        counts.lost++;
        await time.sleep(time.between(50, 300));
        throw new AnswerLost('the request got lost');
      }
      const quietly = () =>
        Promise.resolve()
          .then(work)
          .then(
            () => undefined,
            (error: unknown) => {
              if (!(error instanceof Busy)) throw error;
            },
          );
      if (fate < refused + lostRequest + late) {
        counts.late++;
        time.at(time.between(0, faults.lateMax), () => void quietly());
        await time.sleep(time.between(50, 300));
        throw new AnswerLost('the request is late');
      }
      if (repeatable && time.chance(doubled)) {
        counts.doubled++;
        time.at(time.between(0, faults.lateMax), () => void quietly());
      }
      const result = await work();
      await network();
      if (fate < refused + lostRequest + late + lostReply) {
        counts.lost++;
        throw new AnswerLost('the answer got lost');
      }
      return result;
    };
    return {
      get: (table, key) => call(() => item(table, key), true),
      getMany: (table, keys) =>
        call(async () => {
          if (keys.length > 100) throw new Error('ValidationException: 100 keys');
          const items: Item[] = [];
          const unread: TableKey[] = [];
          for (const key of shuffled(keys)) {
            if (time.chance(0.15)) await time.sleep(time.between(0, 20));
            const found = item(table, key);
            if (time.chance(faults.partial)) unread.push(key);
            else if (found) items.push(found);
          }
          return { items, unread };
        }, true),
      getTogether: (table, keys) =>
        call(() => {
          for (const key of keys) guardLock(nameOf(table, key));
          return keys.map((key) => item(table, key));
        }, true),
      query: (input) => call(() => query(input), true),
      put: (input) => call(() => single({ Put: input }), true),
      update: (input) =>
        call(
          () => single({ Update: input as NonNullable<Action['Update']> }, input.ReturnValues === 'ALL_NEW'),
          true,
        ),
      remove: (input) => call(() => single({ Delete: input }), true),
      putMany: (table, items) =>
        call(async () => {
          if (items.length > 25) throw new Error('ValidationException: 25 puts');
          const unprocessed: Item[] = [];
          for (const one of shuffled(items)) {
            if (time.chance(0.3)) await time.sleep(time.between(0, 20));
            const key = { pk: one.pk as string, sk: one.sk as string };
            if (time.chance(faults.partial) || locks.has(nameOf(table, key))) unprocessed.push(one);
            else assign(table, key, one);
          }
          return { unprocessed };
        }, false),
      transact: (actions) => call(() => transact(actions, faults.gap), true),
    };
  };

  return {
    store,
    items: (table) => [...(tables.get(table)?.values() ?? [])].flatMap((items) => [...items.values()]),
    item,
    counts,
  };
}
