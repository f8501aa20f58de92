import { isDeepStrictEqual } from 'node:util';
import { Unavailable } from '../../../core/dynamo/errors.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { dynamoLimits, type Limits } from '../../../core/ledger/context.ts';
import { documentOf, type HeadItem, type ManifestItem, type RecordItem } from '../../../core/ledger/items.ts';
import { type Ledger, openLedger, outcomeOf, type TransactionRef } from '../../../core/ledger/ledger.ts';
import { noMessages } from '../../../core/ledger/recovery-messages.ts';
import { mayTryAgain, NotFound, serve, wish } from './client.ts';
import { countersOfDoc, type Doc, newModel } from './model.ts';
import { type Fate, mortal } from './mortal.ts';
import { observer } from './observer.ts';
import type { Sabotage } from './sabotage.ts';
import { type Faults, simulatedDatabase } from './simulator.ts';
import { type VirtualTime, virtualTime } from './virtual-time.ts';

export interface Configuration {
  limits: Limits;
  tenants: number;
  clients: number;
  /** Operations of each client. */
  operations: number;
  readers: number;
  /** Documents at the beginning, in each tenant. */
  documents: number;
  /** Records per operation at most. */
  records: number;
  /** Share of the operations that change several tenants. */
  across: number;
  /** Share of the creations that are of named records. */
  names: number;
  faults: Faults;
  /** Shares of the invocations that die, or freeze past their lease. */
  crash: number;
  freeze: number;
}

const second = 1000;
const faults: Faults = {
  refused: 0.03,
  lostReply: 0.02,
  lostRequest: 0.02,
  late: 0.02,
  lateMax: 10 * second,
  doubled: 0.03,
  partial: 0.05,
  gap: 150,
};
const none: Faults = { ...faults, refused: 0, lostReply: 0, lostRequest: 0, late: 0, doubled: 0, partial: 0 };
const usual: Configuration = {
  limits: { short: 4, transact: 3, puts: 2 },
  tenants: 1,
  clients: 4,
  operations: 6,
  readers: 2,
  documents: 10,
  records: 7,
  across: 0,
  names: 0,
  faults,
  crash: 0.12,
  freeze: 0.06,
};

/** The environments in which the protocol must be correct. */
export const configurations = {
  mixed: usual,
  fast: { ...usual, limits: dynamoLimits },
  long: { ...usual, limits: { short: 0, transact: 3, puts: 2 } },
  heavy: {
    ...usual,
    faults: {
      ...faults,
      refused: 0.08,
      lostReply: 0.05,
      lostRequest: 0.05,
      late: 0.05,
      doubled: 0.08,
      partial: 0.15,
    },
    crash: 0.25,
    freeze: 0.12,
  },
  hot: { ...usual, clients: 6, operations: 5, documents: 4, records: 4 },
  tenants: { ...usual, tenants: 3, across: 0.5 },
  /** Requests that overtake each other by up to half a second, where the order matters most. */
  tardy: { ...usual, limits: dynamoLimits, faults: { ...faults, late: 0.12, lateMax: 500 } },
  /** TransactWriteItems that take long to reach all their items, watched by many readers. */
  slow: {
    ...usual,
    limits: dynamoLimits,
    clients: 6,
    documents: 6,
    readers: 4,
    faults: { ...faults, gap: 1_500 },
  },
  /** Named records that several clients create. */
  names: { ...usual, names: 0.7, clients: 6 },
  calm: { ...usual, names: 0.3, faults: none, crash: 0, freeze: 0 },
} satisfies Record<string, Configuration>;
export type ConfigurationName = keyof typeof configurations;

export interface Report {
  violations: string[];
  commits: number;
  reads: number;
  crashes: number;
  freezes: number;
  requests: number;
  faults: number;
}

/** A correct run comes to rest after less than a tenth of this. */
const eventsMax = 100_000;
const leaseMs = 2 * second;
const messageSpanMs = second;
const life = 25 * second;
const gracePeriodMs = 60 * second;

/**
 * Runs one environment from beginning to end: clients, readers, recovery; then it checks that everything came
 * to rest. The same seed replays the same run.
 */
export async function simulate(
  seed: number,
  configuration: Configuration,
  sabotage?: Sabotage,
): Promise<Report> {
  const time = virtualTime(seed);
  const model = newModel();
  let committing = true;
  const database = simulatedDatabase(time, (table, before, after) => {
    if (table === 'audit' && before && !isDeepStrictEqual(after, { ...before, st: 'ABORTED' }))
      model.violate(`the audit record of ${before.sk} was replaced`);
    if (table !== 'patients' || after?.sk !== 'HEAD' || !committing) return;
    const head = after as unknown as HeadItem & { last?: string };
    const old = before as unknown as HeadItem | undefined;
    const tenant = head.pk.slice('HEAD#'.length);
    if (head.seq === (old?.seq ?? 0)) return;
    const gone = Object.keys(old?.f ?? {}).find((txId) => !head.f[txId]);
    model.committed(tenant, gone ?? head.last ?? '', head.seq);
  });
  let ids = 0;
  let crashes = 0;
  let freezes = 0;
  let reads = 0;
  const tenants = Array.from({ length: configuration.tenants }, (_, index) => `t${index}`);
  const clock = { now: time.now };
  const newId = () => `id-${String(ids++).padStart(5, '0')}-${Math.floor(time.random() * 1e6)}`;
  const deps = {
    recordsTable: 'patients',
    manifestsTable: 'audit',
    now: time.now,
    random: time.random,
    limits: configuration.limits,
    leaseMs,
    messageSpanMs,
    gracePeriodMs: sabotage?.gracePeriodMs ?? gracePeriodMs,
  };
  const calm = {
    ...configuration.faults,
    refused: 0,
    lostReply: 0,
    lostRequest: 0,
    late: 0,
    doubled: 0,
    partial: 0,
  };
  const openWith = (
    store: Store,
    pause: (milliseconds: number) => Promise<void>,
    dropped = 0,
    lastMessages = noMessages(),
  ): Ledger<Doc> =>
    openLedger<Doc>({
      lastMessages,
      ...deps,
      name: 'patients',
      store,
      pause,
      counters: countersOfDoc,
      scheduleRecovery: async (ref, delaySeconds) => {
        await time.sleep(time.between(2, 20));
        if (time.chance(dropped)) throw new Unavailable('the queue is out of reach');
        deliver(ref, delaySeconds * second);
      },
    });
  const fateOf = (): Fate => {
    const fate: Fate = { life };
    if (time.chance(configuration.crash)) {
      fate.crashAt = 1 + Math.floor(time.between(0, 22));
      crashes++;
    } else if (time.chance(configuration.freeze)) {
      fate.freezeAt = 1 + Math.floor(time.between(0, 18));
      fate.freezeFor = time.between(leaseMs, 5 * leaseMs);
      freezes++;
    }
    return fate;
  };
  const invocation = (fate: Fate, role: 'writer' | 'recovery') => {
    const body = mortal(database.store(configuration.faults), time, fate);
    const store = sabotage?.wrap ? sabotage.wrap(body.store, time, role) : body.store;
    return { store, pause: body.pause };
  };

  /** The queue, at-least-once: it keeps a message until a worker is done, and may deliver it twice. */
  const deliver = (ref: TransactionRef, delay: number, deliveries = 0) => {
    time.at(delay, () => {
      const { store, pause } = invocation(deliveries < 4 ? fateOf() : { life }, 'recovery');
      let done = false;
      openWith(store, pause)
        .recover(ref)
        .then(({ againIn }) => {
          done = true;
          if (againIn !== undefined) deliver(ref, againIn * second);
        })
        .catch((error: unknown) => {
          if (!mayTryAgain(error)) model.violate(`recovery failed: ${String(error)}`);
        });
      time.at(life + second, () => {
        if (!done) deliver(ref, 0, deliveries + 1);
      });
    });
    if (time.chance(0.05)) time.at(delay, () => deliver(ref, time.between(0, leaseMs)));
  };

  const acknowledged = new Set<string>();
  let clientsLeft = configuration.clients;
  const client = async (name: string) => {
    // The messages that its container has sent, until it dies.
    let lastMessages = noMessages();
    for (let turn = 0; turn < configuration.operations; turn++) {
      await time.sleep(time.between(0, 400));
      const operation = wish(`${name}-${turn}`, { ...configuration, model, tenants, random: time.random });
      for (let tries = 0; tries < 4; tries++) {
        const fate = fateOf();
        const { store, pause } = invocation(fate, 'writer');
        const patientStore = patientLike(store, time);
        const served = serve(
          {
            ledger: openWith(store, pause, 0.01, lastMessages),
            store: patientStore,
            clock,
            model,
            outcome: (ref) => outcomeOf(ref, { ...deps, store, pause }),
            claimLease: leaseMs,
            newId,
          },
          operation,
        ).then(
          (reply) => {
            if (reply === 'written') acknowledged.add(operation.key);
            return 'done' as const;
          },
          (error: unknown) => {
            if (error instanceof NotFound) return 'done' as const;
            if (!mayTryAgain(error))
              model.violate(`a write failed: ${error instanceof Error ? error.stack : error}`);
            return 'again' as const;
          },
        );
        const patience = time.between(second, 6 * second);
        const end = await Promise.race([served, time.sleep(patience).then(() => 'again' as const)]);
        if (fate.crashAt !== undefined || fate.freezeAt !== undefined) lastMessages = noMessages();
        if (end === 'done' || time.chance(0.15)) break;
        await time.sleep(time.between(0, 2 * leaseMs));
      }
    }
    clientsLeft--;
  };

  const reader = async () => {
    // A container that lives through the whole run and keeps its memory.
    const ledger = openWith(database.store(calm), time.sleep);
    const observe = observer({
      ledger,
      model,
      tenants,
      random: time.random,
      informed: async () => undefined,
    });
    while (clientsLeft > 0) {
      await time.sleep(time.between(10, 250));
      try {
        await observe();
        reads++;
      } catch (error) {
        if (!mayTryAgain(error))
          model.violate(`a read failed: ${error instanceof Error ? error.stack : error}`);
      }
    }
  };

  const ending = async () => {
    // The sweep that replaces lost messages: here it recovers what late echoes of requests left.
    const ledger = openWith(database.store(calm), time.sleep);
    for (let round = 0; round < 3; round++) {
      await ledger.sweep();
      await time.sleep(2 * gracePeriodMs);
    }
  };

  const start = async () => {
    const ledger = openWith(database.store(calm), time.sleep);
    for (const tenant of tenants)
      await ledger.write({
        actor: 'user',
        reads: [],
        decide: () => {
          const documents = Array.from({ length: configuration.documents }, (_, index): Doc => {
            return { id: newId(), kind: index % 2 ? 'a' : 'b', rev: 1, by: 'start' };
          });
          const changes = documents.map((document) => ({ kind: 'create' as const, tenant, document }));
          return { changes, result: changes };
        },
        answer: (ref, changes) => {
          model.plan(ref.txId, { key: `start ${tenant}`, changes, seen: [] });
          return {
            TableName: 'guards',
            Key: { pk: tenant, sk: 'START' },
            UpdateExpression: 'SET a = :a',
            ConditionExpression: 'attribute_not_exists(b)',
            ExpressionAttributeValues: { ':a': 1 },
          };
        },
      });
    for (let index = 0; index < configuration.clients; index++) client(`c${index}`).catch(fail);
    for (let index = 0; index < configuration.readers; index++) reader().catch(fail);
  };
  const fail = (error: unknown) =>
    model.violate(`unexpected: ${error instanceof Error ? error.stack : error}`);

  /** After everything has come to rest: the tables hold the model's state and nothing else. */
  const checkRest = () => {
    for (const item of database.items('patients')) {
      if (item.sk === 'HEAD' && Object.keys((item as unknown as HeadItem).gn).length > 0)
        model.violate(`HEAD still lists ${JSON.stringify(item)}`);
      if (!/^(REC|KEY)#/.test(String(item.pk))) continue;
      const record = item as unknown as RecordItem;
      if (record.x) model.violate(`deleted record ${record.sk} was not purged`);
    }
    for (const tenant of tenants) {
      for (const item of database.items('patients').filter(({ pk }) => pk === `KEY#${tenant}`)) {
        const doc = documentOf(item as unknown as RecordItem) as unknown as Doc;
        model.checkOne(tenant, model.seq(tenant), doc.id, doc);
      }
      const records = database
        .items('patients')
        .filter((item) => item.pk === `REC#${tenant}`)
        .map((item) => documentOf(item as unknown as RecordItem) as unknown as Doc)
        .toSorted((one, other) => (one.id < other.id ? -1 : 1));
      model.checkDocuments('rest', tenant, model.seq(tenant), records);
      const manifests = database
        .items('audit')
        .filter(
          (item) => item.pk === `patients#${tenant}` && (item as unknown as ManifestItem).st !== 'ABORTED',
        );
      if (manifests.length !== model.seq(tenant))
        model.violate(`${manifests.length} audit records of ${model.seq(tenant)} commits in ${tenant}`);
    }
    const keys = model.keys();
    for (const [key, txIds] of keys)
      if (txIds.size > 1) model.violate(`operation ${key} was committed ${txIds.size} times`);
    for (const key of acknowledged)
      if (!keys.has(key)) model.violate(`operation ${key} was acknowledged and is not there`);
    if (clientsLeft > 0) model.violate('clients did not come to their end');
  };

  start().catch(fail);
  // The run ends at the first violation: later ones only follow from it.
  const goOn = (events: number) => {
    if (events > eventsMax) model.violate('it never comes to rest');
    return model.violations.length === 0;
  };
  await time.run(goOn);
  ending().catch(fail);
  await time.run(goOn);
  committing = false;
  if (model.violations.length === 0) checkRest();

  const { requests, lost, late, doubled, refused, conflicts } = database.counts;
  const commits = tenants.reduce((sum, tenant) => sum + model.seq(tenant), 0);
  const wrong = lost + late + doubled + refused + conflicts;
  return { violations: model.violations, commits, reads, crashes, freezes, requests, faults: wrong };
}

/** Sends again what was refused or lost, as the SDK does for requests outside of the protocol. */
function patientLike(store: Store, time: VirtualTime): Store {
  const again = async <R>(send: () => Promise<R>): Promise<R> => {
    for (let tries = 0; ; tries++) {
      try {
        return await send();
      } catch (error) {
        if (tries > 5) throw new Unavailable('no answer', { cause: error });
        await time.sleep(10 * 2 ** tries);
      }
    }
  };
  return {
    ...store,
    put: (put) => again(() => store.put(put)),
    update: (update) => again(() => store.update(update)),
  };
}
