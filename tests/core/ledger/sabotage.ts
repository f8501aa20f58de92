import { AnswerLost } from '../../../core/dynamo/errors.ts';
import type { Action, Item, Store } from '../../../core/dynamo/store.ts';
import type { Entry, ManifestItem } from '../../../core/ledger/items.ts';
import type { ConfigurationName } from './simulation.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A way to break the protocol from outside, one rule at a time. The checker must notice each of them. */
export interface Sabotage {
  /** Where the rule matters most. */
  configuration: ConfigurationName;
  /** Changes what one invocation sends or hears. */
  wrap?(store: Store, time: VirtualTime, role: 'writer' | 'recovery'): Store;
  gracePeriodMs?: number;
}

const writesRecords = (actions: Action[]) => {
  const [first] = actions;
  const key = first?.Put?.Item ?? first?.Update?.Key;
  return String(key?.pk).startsWith('REC#');
};

/** The commit belongs to the transaction that writes the records. */
const flipInside = (store: Store): Store => {
  const flipped = new Set<string>();
  return {
    ...store,
    transact: (actions) => {
      const [head, ...rest] = actions;
      const values = head?.Update?.ExpressionAttributeValues;
      const batch = head?.Update?.ExpressionAttributeNames?.['#b'];
      const entry = values?.[':entry'] as Entry | undefined;
      if (!head?.Update || !values || !batch || entry?.s !== 'R') return store.transact(actions);
      flipped.add(batch);
      const changes = Object.entries(JSON.parse(entry.dc ?? '{}') as Record<string, number>);
      const additions = changes.map((_, index) => `#c${index} :c${index}`);
      const whole: Action = {
        Update: {
          ...head.Update,
          UpdateExpression: `SET reg = :n, seq = seq + :one, #last = :batch ADD ${additions.join(', ')}`,
          ConditionExpression: 'reg = :before',
          ExpressionAttributeNames: {
            '#last': 'last',
            ...Object.fromEntries(changes.map(([name], index) => [`#c${index}`, name])),
          },
          ExpressionAttributeValues: {
            ...values,
            ':one': 1,
            ':batch': batch,
            ...Object.fromEntries(changes.map(([, change], index) => [`:c${index}`, change])),
          },
        },
      };
      return store.transact([whole, ...rest]);
    },
    update: (update) => {
      const isFlip = update.ExpressionAttributeValues?.[':state'] === 'R';
      const batch = update.ExpressionAttributeNames?.['#b'] ?? '';
      return isFlip && flipped.has(batch) ? Promise.resolve({ done: true }) : store.update(update);
    },
  };
};

/** The records follow the commit. */
const flipFirst = (store: Store): Store => {
  const kept: (() => Promise<unknown>)[] = [];
  return {
    ...store,
    putMany: async (table, items) => {
      kept.push(() => store.putMany(table, items));
      return [];
    },
    transact: async (actions) => {
      if (!writesRecords(actions)) return store.transact(actions);
      kept.push(() => store.transact(actions));
      return { done: true };
    },
    update: async (update) => {
      const written = await store.update(update);
      if (update.ExpressionAttributeValues?.[':state'] === 'P')
        for (const send of kept.splice(0)) await send();
      return written;
    },
  };
};

/** Changes do not ask whether the record is still the version that was read. */
const noVersionCheck = (store: Store): Store => ({
  ...store,
  transact: (actions) =>
    store.transact(
      actions.map((action) =>
        action.Update?.ConditionExpression === 'ver = :seen'
          ? { Update: { ...action.Update, ConditionExpression: 'attribute_exists(pk)' } }
          : action,
      ),
    ),
});

/** Writers take what they read for committed, whatever HEAD says. */
const noCommittedBase = (store: Store, time: VirtualTime, role: 'writer' | 'recovery'): Store => {
  let recordsReadAt = 0;
  if (role === 'recovery') return store;
  return {
    ...store,
    getMany: (table, keys, attributes) => {
      if (!attributes) recordsReadAt = time.now();
      return store.getMany(table, keys, attributes);
    },
    get: async (table, key) => {
      const began = time.now();
      const item = await store.get(table, key);
      return item && key.sk === 'HEAD' && began === recordsReadAt ? { ...item, gn: {} } : item;
    },
  };
};

/** A batch that has not begun is declared dead without being kept from beginning. */
const noFence = (store: Store): Store => ({
  ...store,
  put: (put) =>
    put.Item?.st === 'ABORTED' && put.ConditionExpression ? Promise.resolve({ done: true }) : store.put(put),
});

/** A transaction is finished for its dead owner without having seen all of its records. */
const noProof = (store: Store): Store => {
  let stamp: number | undefined;
  return {
    ...store,
    get: async (table, key) => {
      const item = await store.get(table, key);
      if (table === 'audit') stamp = (item as unknown as ManifestItem | undefined)?.n;
      return item;
    },
    getMany: async (table, keys, attributes) =>
      attributes ? { items: keys.map((): Item => ({ tx: stamp })), unread: [] } : store.getMany(table, keys),
  };
};

/** Puts without conditions are sent again until an answer comes. */
const putsAgain = (store: Store): Store => ({
  ...store,
  putMany: async (table, items) => {
    for (;;) {
      try {
        return await store.putMany(table, items);
      } catch (error) {
        if (!(error instanceof AnswerLost)) throw error;
      }
    }
  },
});

/** A name is created without asking whether somebody has it. */
const namesUnasked = (store: Store): Store => ({
  ...store,
  transact: (actions) =>
    store.transact(
      actions.map((action) =>
        String(action.Put?.Item?.pk).startsWith('KEY#')
          ? { Put: { TableName: action.Put?.TableName, Item: action.Put?.Item } }
          : action,
      ),
    ),
});

export const sabotages = {
  'the flip is part of the transaction': { configuration: 'fast', wrap: flipInside },
  'the flip comes before the records': { configuration: 'long', wrap: flipFirst },
  'changes do not check the version': { configuration: 'mixed', wrap: noVersionCheck },
  'writers build on what is not committed': { configuration: 'mixed', wrap: noCommittedBase },
  'an aborted batch is forgotten at once': { configuration: 'long', gracePeriodMs: 0 },
  'a batch declared dead may still begin': { configuration: 'tardy', wrap: noFence },
  'a transaction is finished without proof': { configuration: 'slow', wrap: noProof },
  'names are created without asking': { configuration: 'names', wrap: namesUnasked },
  'puts without conditions are sent again': { configuration: 'long', wrap: putsAgain },
} satisfies Record<string, Sabotage>;
export type SabotageName = keyof typeof sabotages;
