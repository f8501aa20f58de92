import { setTimeout as sleep } from 'node:timers/promises';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import { AnswerLost, Busy, Unavailable } from '../../../core/dynamo/errors.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { documentOf, type HeadItem, type RecordItem } from '../../../core/ledger/items.ts';
import { type Ledger, openLedger, outcomeOf, type TransactionRef } from '../../../core/ledger/ledger.ts';
import { mayTryAgain, NotFound, serve, wish } from './client.ts';
import type { Engine } from './engine.ts';
import { countersOfDoc, type Doc, type Model, newModel } from './model.ts';
import { mortal } from './mortal.ts';
import { observer } from './observer.ts';

export interface Race {
  engine: Engine;
  tenants: string[];
  clients: number;
  readers: number;
  /** Records per operation at most. */
  records: number;
  /** Time in which clients send operations, in milliseconds. */
  duration: number;
  /** Runs beside the clients, which go on until it is over; `commits` counts those so far. */
  meanwhile?: (commits: () => number) => Promise<unknown>;
}

export interface RaceReport {
  violations: string[];
  commits: number;
  acknowledged: number;
  reads: number;
}

const leaseMs = 1_500;
const life = 4_000;
const messageSpanMs = 500;
const gracePeriodMs = 6_000;
const tables = { recordsTable: 'patients', manifestsTable: 'audit' };
const below = (limit: number) => Math.floor(Math.random() * limit);

/** Real time and chance, by the interface that the faults of one invocation use. */
const realTime = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) => {
    await sleep(milliseconds);
  },
  chance: (probability: number) => Math.random() < probability,
};

/** Lets one commit through at a time and records it in the model, which so knows their order. */
function watched(store: Store, model: Model) {
  let last: Promise<unknown> = Promise.resolve();
  const alone = <R>(work: () => Promise<R>): Promise<R> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const head = async (tenant: string): Promise<HeadItem | undefined> => {
    // Ends when the engine answers, which is restarted after each kill.
    for (;;) {
      try {
        return (await store.get('patients', { pk: `HEAD#${tenant}`, sk: 'HEAD' })) as HeadItem | undefined;
      } catch (error) {
        if (!(error instanceof AnswerLost)) throw error;
        await sleep(20);
      }
    }
  };
  const commit = <R>(parts: { tenant: string; txId: string }[], send: () => Promise<R>): Promise<R> =>
    alone(async () => {
      try {
        return await send();
      } finally {
        // HEAD shows if the commit took effect, also if the engine died before it could answer.
        for (const { tenant, txId } of parts) {
          const seq = (await head(tenant))?.seq ?? 0;
          if (seq > model.seq(tenant)) model.committed(tenant, txId, seq);
        }
      }
    });
  const partOf = (update: {
    Key?: Record<string, unknown>;
    ExpressionAttributeNames?: Record<string, string>;
  }) => ({
    tenant: String(update.Key?.pk).slice('HEAD#'.length),
    txId: update.ExpressionAttributeNames?.['#b'] ?? '',
  });
  const watching: Store = {
    ...store,
    update: (update) =>
      update.ExpressionAttributeValues?.[':state']
        ? commit([partOf(update)], () => store.update(update))
        : store.update(update),
    transact: (actions) => {
      const commits = actions.flatMap(({ Update }) =>
        Update?.ExpressionAttributeValues?.[':state'] ? [Update] : [],
      );
      return commits.length > 0
        ? commit(commits.map(partOf), () => store.transact(actions))
        : store.transact(actions);
    },
  };
  return { store: watching, informed: () => alone(async () => undefined) };
}

/** Some requests are refused before they are sent, and some answers are lost. */
function faulty(store: Store): Store {
  const unsure = async <R>(send: () => Promise<R>): Promise<R> => {
    if (Math.random() < 0.02) throw new Busy('Throttling');
    const result = await send();
    if (Math.random() < 0.01) throw new AnswerLost('the answer got lost');
    return result;
  };
  return {
    ...store,
    get: (...args) => unsure(() => store.get(...args)),
    getMany: (...args) => unsure(() => store.getMany(...args)),
    query: (...args) => unsure(() => store.query(...args)),
    put: (...args) => unsure(() => store.put(...args)),
    update: (...args) => unsure(() => store.update(...args)),
    remove: (...args) => unsure(() => store.remove(...args)),
    putMany: (...args) => unsure(() => store.putMany(...args)),
    transact: (...args) => unsure(() => store.transact(...args)),
  };
}

/** The same clients, readers and checks as in the simulation, against a real engine in real time. */
export async function race({
  engine,
  tenants,
  clients,
  readers,
  records,
  duration,
  meanwhile,
}: Race): Promise<RaceReport> {
  const model = newModel();
  const plain = dynamoStore(engine.documents());
  const { store, informed } = watched(plain, model);
  const refs: TransactionRef[] = [];
  const acknowledged = new Set<string>();
  let ids = 0;
  let reads = 0;
  const newId = () => `id-${String(ids++).padStart(6, '0')}`;
  const open = (given: Store, pause = realTime.sleep, now = () => Date.now()): Ledger<Doc> =>
    openLedger<Doc>({
      ...tables,
      name: 'patients',
      store: given,
      now,
      pause,
      leaseMs,
      messageSpanMs,
      gracePeriodMs,
      counters: countersOfDoc,
      scheduleRecovery: async (ref, delaySeconds) => {
        refs.push(ref);
        setTimeout(() => {
          open(faulty(store))
            .recover(ref)
            .catch(() => undefined);
        }, delaySeconds * 1000).unref();
      },
    });
  const fail = (error: unknown) =>
    model.violate(error instanceof Error ? (error.stack ?? '') : String(error));

  let isOver = false;
  const commits = () => tenants.reduce((sum, tenant) => sum + model.seq(tenant), 0);
  void Promise.all([realTime.sleep(duration), meanwhile?.(commits)])
    .catch(fail)
    .then(() => {
      isOver = true;
    });
  const client = async (name: string) => {
    for (let turn = 0; !isOver; turn++) {
      const operation = wish(`${name}-${turn}`, {
        model,
        tenants,
        random: Math.random,
        records,
        across: 0.2,
        names: 0.3,
      });
      for (let tries = 0; tries < 3; tries++) {
        const fate = {
          life,
          ...(Math.random() < 0.06 && { crashAt: 1 + below(25) }),
          ...(Math.random() < 0.03 && { freezeAt: 1 + below(20), freezeFor: leaseMs + below(700) }),
        };
        const body = mortal(faulty(store), realTime, fate);
        const clock = { now: () => Date.now() };
        const served = serve(
          {
            ledger: open(body.store, body.pause),
            store,
            clock,
            model,
            outcome: (ref) =>
              outcomeOf(ref, { ...tables, store: body.store, pause: body.pause, leaseMs, gracePeriodMs }),
            claimLease: leaseMs,
            newId,
          },
          operation,
        ).then(
          (reply) => {
            if (reply === 'written') acknowledged.add(operation.key);
            return true;
          },
          (error: unknown) => {
            if (error instanceof NotFound) return true;
            if (!mayTryAgain(error) && !(error instanceof AnswerLost)) fail(error);
            return false;
          },
        );
        if (await Promise.race([served, sleep(leaseMs + below(1_500)).then(() => false)])) break;
      }
    }
  };
  const reader = async () => {
    const observe = observer({ ledger: open(plain), model, tenants, random: Math.random, informed });
    while (!isOver) {
      try {
        await observe();
        reads++;
      } catch (error) {
        if (!(error instanceof Unavailable)) fail(error);
      }
    }
  };
  await Promise.all([
    ...Array.from({ length: clients }, (_, index) => client(`c${index}`).catch(fail)),
    ...Array.from({ length: readers }, () => reader().catch(fail)),
  ]);
  await sleep(life + 500);

  // An hour later everything is overdue. After another hour, everything that was aborted then is forgotten.
  for (const hours of [1, 2]) {
    const late = open(store, realTime.sleep, () => Date.now() + hours * 3_600_000);
    for (const ref of refs) await late.recover(ref);
    await late.sweep();
  }
  await informed();
  for (const tenant of tenants) {
    const rest: Doc[] = [];
    // Ends with the last page.
    for (let from: Record<string, unknown> | undefined; ; ) {
      const page = await plain.query({
        TableName: 'patients',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': `REC#${tenant}` },
        ExclusiveStartKey: from,
      });
      rest.push(
        ...(page.items as unknown as RecordItem[]).map((record) => documentOf(record) as unknown as Doc),
      );
      if (!page.next) break;
      from = page.next;
    }
    model.checkDocuments('rest', tenant, model.seq(tenant), rest);
    const head = (await plain.get('patients', { pk: `HEAD#${tenant}`, sk: 'HEAD' })) as HeadItem | undefined;
    if (Object.keys(head?.gn ?? {}).length > 0)
      model.violate(`HEAD of ${tenant} still lists ${JSON.stringify(head?.f)}`);
  }
  const keys = model.keys();
  for (const [key, txIds] of keys)
    if (txIds.size > 1) model.violate(`operation ${key} was committed ${txIds.size} times`);
  for (const key of acknowledged)
    if (!keys.has(key)) model.violate(`operation ${key} was acknowledged and is not there`);
  return { violations: model.violations, commits: commits(), acknowledged: acknowledged.size, reads };
}
