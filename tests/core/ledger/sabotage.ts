import { AnswerLost } from '../../../core/dynamo/errors.ts';
import type { Action, Item, Put, Store } from '../../../core/dynamo/store.ts';
import type { Entry, ManifestItem } from '../../../core/ledger/items.ts';
import type { ConfigurationName } from './simulation.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Breaks one rule of the protocol from outside. The checker must notice each of them. */
export interface Sabotage {
  /** The configuration in which the rule matters most. */
  configuration: ConfigurationName;
  /** Changes the requests of one invocation, or their answers. */
  wrap?(store: Store, time: VirtualTime, role: 'writer' | 'recovery'): Store;
  gracePeriodMs?: number;
}

const writesRecords = (actions: Action[]) => {
  const [first] = actions;
  const key = first?.Put?.Item ?? first?.Update?.Key;
  return String(key?.pk).startsWith('REC#');
};

/** The commit is part of the TransactWriteItems that writes the records. */
const commitInside = (store: Store): Store => {
  const committed = new Set<string>();
  return {
    ...store,
    transact: (actions) => {
      const [head, ...rest] = actions;
      const values = head?.Update?.ExpressionAttributeValues;
      const txId = head?.Update?.ExpressionAttributeNames?.['#b'];
      const entry = values?.[':entry'] as Entry | undefined;
      if (!head?.Update || !values || !txId || entry?.s !== 'R') return store.transact(actions);
      committed.add(txId);
      const changes = Object.entries(JSON.parse(entry.dc ?? '{}') as Record<string, number>);
      const additions = changes.map((_, index) => `#c${index} :c${index}`);
      const whole: Action = {
        Update: {
          ...head.Update,
          UpdateExpression: `SET reg = :n, seq = seq + :one, #last = :txId ADD ${additions.join(', ')}`,
          ConditionExpression: 'reg = :before',
          ExpressionAttributeNames: {
            '#last': 'last',
            ...Object.fromEntries(changes.map(([name], index) => [`#c${index}`, name])),
          },
          ExpressionAttributeValues: {
            ...values,
            ':one': 1,
            ':txId': txId,
            ...Object.fromEntries(changes.map(([, change], index) => [`:c${index}`, change])),
          },
        },
      };
      return store.transact([whole, ...rest]);
    },
    update: (update) => {
      const isCommit = update.ExpressionAttributeValues?.[':state'] === 'R';
      const txId = update.ExpressionAttributeNames?.['#b'] ?? '';
      return isCommit && committed.has(txId) ? Promise.resolve({ done: true }) : store.update(update);
    },
  };
};

/** The records are written after the commit. */
const commitFirst = (store: Store): Store => {
  const kept: (() => Promise<unknown>)[] = [];
  return {
    ...store,
    putMany: async (table, items) => {
      kept.push(() => store.putMany(table, items));
      return { unprocessed: [] };
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

/** Changes have no condition on the version that was read. */
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

/** Writers treat every record that they read as committed, whatever HEAD lists. */
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

/** A transaction that has not begun is declared dead without a fence. */
const noFence = (store: Store): Store => ({
  ...store,
  put: (put) =>
    put.Item?.st === 'ABORTED' && put.ConditionExpression ? Promise.resolve({ done: true }) : store.put(put),
});

/**
 * A ready transaction is committed for its dead owner without the proof that all of its records are there.
 */
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
    // Ends with the first answer.
    for (;;) {
      try {
        return await store.putMany(table, items);
      } catch (error) {
        if (!(error instanceof AnswerLost)) throw error;
      }
    }
  },
});

/** Named records are created without a condition. */
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

/** Audit records are put without a condition. */
const auditUnasked = (store: Store): Store => {
  const unasked = <P extends Put>(put: P): P =>
    put.TableName === 'audit' ? { ...put, ConditionExpression: undefined } : put;
  return {
    ...store,
    put: (put) => store.put(unasked(put)),
    transact: (actions) =>
      store.transact(actions.map((action) => (action.Put ? { Put: unasked(action.Put) } : action))),
  };
};

export const sabotages = {
  'the commit is part of the TransactWriteItems': { configuration: 'fast', wrap: commitInside },
  'the commit comes before the records': { configuration: 'long', wrap: commitFirst },
  'changes do not check the version': { configuration: 'mixed', wrap: noVersionCheck },
  'writers build on versions that are not committed': { configuration: 'mixed', wrap: noCommittedBase },
  'an aborted transaction is forgotten at once': { configuration: 'long', gracePeriodMs: 0 },
  'a transaction declared dead may still begin': { configuration: 'tardy', wrap: noFence },
  'a ready transaction is committed without proof': { configuration: 'slow', wrap: noProof },
  'named records are created without a condition': { configuration: 'names', wrap: namesUnasked },
  'audit records are put without a condition': { configuration: 'tardy', wrap: auditUnasked },
  'puts without conditions are sent again': { configuration: 'long', wrap: putsAgain },
} satisfies Record<string, Sabotage>;
export type SabotageName = keyof typeof sabotages;
