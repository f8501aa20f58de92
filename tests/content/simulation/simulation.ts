import type { Settlement } from '../../../core/batch/settle.ts';
import { AnswerLost } from '../../../core/dynamo/errors.ts';
import { retrying } from '../../../core/dynamo/retry.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { contentKey } from '../../../functions/content/batch/operation.ts';
import type { Chain } from '../../../functions/content/chain/chain.ts';
import { drive } from '../../../functions/content/chain/driver.ts';
import {
  type PriceJob,
  SignerState,
  signerKey,
  waitingJobItem,
} from '../../../functions/content/chain/items.ts';
import type { Broadcast, StacksNode, TxStatus } from '../../../functions/content/chain/node.ts';
import { chainStore } from '../../../functions/content/chain/store.ts';
import { type Ledger, openLedger, type SeenTx } from '../../../local/stacks/ledger.ts';
import type { Call } from '../../../local/stacks/transaction.ts';
import { mortal } from '../../core/ledger/mortal.ts';
import { type Database, type Faults, simulatedDatabase } from '../../core/ledger/simulator.ts';
import { type VirtualTime, virtualTime } from '../../core/ledger/virtual-time.ts';
import { contractModel, read, setsOf, sign } from './chain-model.ts';

/** What one simulated run did, and which promises it broke. */
export interface ChainReport {
  violations: string[];
  succeeded: number;
  failed: number;
  /** Items that were called successful, and that a fork deeper than the confirmations undid. */
  undone: number;
  forks: number;
  /** Transactions in blocks that a fork took back. */
  takenBack: number;
  alarms: number;
  crashes: number;
  /** Virtual time until everything had ended, in minutes. */
  minutes: number;
}

const second = 1_000;
const minute = 60 * second;
const signer = 'ST-SIGNER';
const fee = 3_000;
const confirmations = 3;
const apiLagMs = 15 * second;
const blockMs = 10 * second;
const runMs = 20 * second;
const table = 'content';
const outcomes = 'operations';

/** A correct run has ended long before. */
const minutesMax = 600;
const eventsMax = 400_000;

const none: Faults = {
  ...{ refused: 0, lostReply: 0, lostRequest: 0, late: 0, lateMax: 0, doubled: 0, partial: 0, gap: 0 },
};

/** What one run is drawn to have; all of it stops after the storm, so that everything can end. */
function conditionsOf(time: VirtualTime) {
  const maybe = (probability: number, most: number) => (time.chance(probability) ? time.between(0, most) : 0);
  return {
    stormMs: time.between(2, 12) * minute,
    /** Probabilities of one request to the node. */
    lost: maybe(0.6, 0.3),
    busy: maybe(0.6, 0.3),
    /** Time by which the API lags behind its node, and each node behind the chain, in milliseconds. */
    apiLag: maybe(0.6, 6 * second),
    replicas: time.chance(0.5) ? [0, maybe(0.8, 6 * second), maybe(0.8, 6 * second)] : [0],
    /** Shares of the calls that the node or the chain treats so. */
    rejected: maybe(0.4, 0.3),
    denied: maybe(0.4, 0.3),
    misanswered: maybe(0.5, 0.4),
    aborted: maybe(0.4, 0.3),
    minFee: time.chance(0.15) ? 5_000 : 0,
    /** Time between two forks, and the deepest, in blocks. */
    forkEveryMs: time.chance(0.7) ? time.between(0.4, 3) * minute : 0,
    forkBlocksMax: time.chance(0.3) ? 3 * confirmations : confirmations - 1,
    /** Calls that somebody signs with the same account by hand. */
    byHand: time.chance(0.2) ? Math.ceil(time.between(0, 4)) : 0,
    crash: maybe(0.6, 0.5),
    database: time.chance(0.5) ? { ...none, refused: 0.02, lostReply: 0.02, lostRequest: 0.01 } : none,
  };
}
type Conditions = ReturnType<typeof conditionsOf>;

/** A number in [0, 1) that depends on the call alone, so that a fork repeats what became of it. */
function drawOf(call: Call, salt: number): number {
  const sets = setsOf(call);
  const text = `${salt} ${sets?.contentId} ${sets?.price}`;
  let hash = 2_166_136_261;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** A client of nodes in this process, each of which lags behind the chain by its own time. */
function nodeOf(
  ledger: Ledger,
  time: VirtualTime,
  conditions: Conditions,
  isStormy: () => boolean,
): StacksNode {
  const lagOf = () => {
    const { replicas } = conditions;
    return isStormy() ? (replicas[Math.floor(time.random() * replicas.length)] ?? 0) : 0;
  };
  const ask = async <R, U>(unknown: U, answer: (node: number, api: number) => R): Promise<R | U> => {
    await time.sleep(time.between(10, 400));
    const fate = isStormy() ? time.random() : 1;
    if (fate < conditions.busy) return unknown;
    const node = time.now() - lagOf();
    const answered = answer(node, node - (isStormy() ? conditions.apiLag : 0));
    if (fate >= conditions.busy + conditions.lost) return answered;
    await time.sleep(8 * second);
    return unknown;
  };
  const statusOf = (tx: SeenTx | undefined): TxStatus => {
    if (!tx || tx.state === 'dropped_replace_by_fee') return { kind: 'missing' };
    if (tx.block === undefined) return { kind: 'pending' };
    return tx.state === 'success'
      ? { kind: 'success', burnHeight: tx.block }
      : { kind: 'aborted', reason: tx.state, burnHeight: tx.block };
  };
  return {
    broadcast: (raw) =>
      ask<Broadcast, Broadcast>({ kind: 'unknown' }, (node) => {
        const end = ledger.take(raw, node);
        if ('id' in end) return { kind: 'accepted' };
        const { expected, actual } = end.reason_data ?? {};
        return { kind: 'rejected', reason: end.reason, expected, actual, once: true };
      }),
    statusOf: (txId) =>
      ask<TxStatus, TxStatus>({ kind: 'unknown' }, (_, api) => statusOf(ledger.view(api).find(txId))),
    nonceOf: (address) => ask(undefined, (node) => ledger.view(node).nonceOf(address)),
    lastUsedBy: (address) => ask(undefined, (_, api) => ledger.view(api).nonceOf(address) - 1),
    burnHeight: () => ask(undefined, (_, api) => ledger.view(api).height),
    callRead: async () => undefined,
  };
}

/** Ends claims like the batch engine: the outcomes and the actions in one transaction, each outcome once. */
const settleIn =
  (store: Store): Chain['settle'] =>
  async ({ batch, chunk, outcomes: ended, actions = [] }: Settlement) => {
    const puts = ended.map(({ index, outcome }) => ({
      Put: {
        TableName: outcomes,
        Item: { pk: `${batch}#${chunk}`, sk: String(index), outcome },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    }));
    const transacted = await store.transact([...puts, ...actions]);
    if (transacted.done) return 'settled';
    return transacted.reasons.slice(0, puts.length).some(({ failed }) => failed) ? 'before' : 'refused';
  };

interface Requested extends PriceJob {
  at: number;
}

/** Requests for prices at different times, each with a price of its own. */
function requestsOf(time: VirtualTime, { stormMs }: Conditions): Requested[] {
  const contents = Math.ceil(time.between(1, 12));
  const batches = Math.ceil(time.between(1, 5));
  return Array.from({ length: batches }, (_, batch) => {
    const at = batch === 0 ? 0 : time.between(0, stormMs);
    const first = Math.floor(time.between(0, contents));
    return Array.from({ length: contents }, (_, index) => ({
      ...{ batch: `b${batch}`, chunk: Math.floor(index / 5), index: index % 5 },
      ...{ contentId: `c${(first + index) % contents}`, price: 1_000 * (batch + 1) + index, at },
    }));
  }).flat();
}

/** A driver that breaks one rule, which the check has to notice. */
type Sabotage = (chain: Chain) => Partial<Chain>;

export const sabotages = {
  'a refused call has failed at once': () => ({ apiLagMs: 0 }),
  'the first block is enough': () => ({ confirmations: 1 }),
  'a lower nonce goes unnoticed': ({ node, store }) => ({
    node: {
      ...node,
      nonceOf: async (address) => {
        const [nonce, state] = [await node.nonceOf(address), await store.state()];
        return nonce === undefined ? undefined : Math.max(nonce, state?.mined ?? 0);
      },
    },
  }),
  'what a fork took back is not sent again': ({ store }) => ({
    store: {
      ...store,
      nonces: async (from, to) =>
        (await store.nonces(from, to)).map((nonce) => ({ ...nonce, sentAt: Number.MAX_SAFE_INTEGER })),
    },
  }),
} satisfies Record<string, Sabotage>;

/**
 * Runs drivers that die, on a chain that forks and nodes that lag, lose answers and refuse what they took,
 * until everything has ended. The chain's own ledger says what is right.
 */
export async function simulateChain(seed: number, sabotage?: Sabotage): Promise<ChainReport> {
  const time = virtualTime(seed);
  const began = time.now();
  const conditions = conditionsOf(time);
  const isStormy = () => time.now() - began < conditions.stormMs;
  const contracts = contractModel();
  const violations: string[] = [];
  const report = { succeeded: 0, failed: 0, undone: 0, forks: 0, takenBack: 0, alarms: 0, crashes: 0 };
  const share = (call: Call, salt: number, probability: number) => drawOf(call, salt + seed) < probability;
  const refusal = (call: Call, salt: number, probability: number) =>
    isStormy() && setsOf(call) && share(call, salt, probability) ? 'NotEnoughFunds' : undefined;
  const ledger = await openLedger(
    {
      ...{ read, contracts, now: time.now },
      interference: {
        rejection: (call) =>
          setsOf(call) && share(call, 1, conditions.rejected) ? 'BadFunctionArgument' : undefined,
        denial: (call) => refusal(call, 2, conditions.denied),
        misanswer: (call) => refusal(call, 3, conditions.misanswered),
        aborts: (call) => setsOf(call) !== undefined && share(call, 4, conditions.aborted),
        stalls: ({ fee: offered }) => isStormy() && offered < BigInt(conditions.minFee),
      },
    },
    [],
    () => undefined,
  );
  const isDeep = conditions.forkBlocksMax >= confirmations;
  /** Batches of which the operator was told that a settled call has failed since. */
  const toldBatches = new Set<string>();
  const database = simulatedDatabase(time, (name, before, after) => {
    // Without deep forks a price is stored only if the chain has it for good at that very instant.
    if (name !== table || !after?.priceTxId || before?.priceTxId === after.priceTxId || isDeep) return;
    const { height, find } = ledger.view();
    const tx = find(String(after.priceTxId));
    if (tx?.state !== 'success' || height - (tx.block ?? height) + 1 < confirmations)
      violations.push(`${after.pk} was stored before the chain had confirmed it`);
  });
  const jobs = requestsOf(time, conditions);
  const contents = new Set(jobs.map(({ contentId }) => contentId));
  const calm = database.store(none);
  for (const contentId of contents)
    await run(time, calm.put({ TableName: table, Item: { ...contentKey(contentId), price: null } }));

  request(time, calm, jobs);
  let isOver = false;
  mine(time, ledger, () => isOver);
  forkSometimes(time, ledger, conditions, isStormy, report);
  signByHand(time, ledger, conditions);
  const working = (async () => {
    // Ends when everything has ended, or with the events that a run may have.
    while (!isOver) {
      const fate = {
        life: minute,
        ...(isStormy() && time.chance(conditions.crash) ? { crashAt: Math.ceil(time.between(1, 60)) } : {}),
      };
      if ('crashAt' in fate) report.crashes++;
      const faults = isStormy() ? conditions.database : none;
      const life = mortal(database.store(faults), time, fate);
      const store = retrying(life.store, { ...time, pause: life.pause }, () => time.now() + runMs);
      const node = nodeOf(ledger, time, conditions, isStormy);
      const chain: Chain = {
        ...{ node, signer, fee, confirmations, apiLagMs, contentTable: table },
        store: chainStore(store, table, signer),
        priceOf: async (contentId) => contracts.prices.get(contentId) ?? null,
        signPrice: async ({ contentId, price }, terms) =>
          sign({ sender: signer, ...terms, sets: { contentId, price } }),
        signSkip: async (terms) => sign({ sender: signer, ...terms }),
        settle: settleIn(store),
        // Requests come at times of their own here, not chunk after chunk.
        goOn: async () => {},
        alarm: ({ batch }) => {
          report.alarms++;
          if (batch) toldBatches.add(batch);
        },
        driver: `driver-${time.now()}-${time.random()}`,
        unsent: new Set(),
        holdsLease: async () => true,
        now: time.now,
        pause: life.pause,
      };
      const driving = drive({ ...chain, ...sabotage?.(chain) }, time.now() + runMs).catch(
        (error: unknown) => {
          if (!(error instanceof AnswerLost)) violations.push(`a driver failed: ${error}`);
          return false;
        },
      );
      // The next driver comes while this one may still be at work, or frozen, or dead.
      const left = await Promise.race([driving, time.sleep(time.between(runMs, 2 * runMs)).then(() => true)]);
      await time.sleep(left ? second : time.between(second, minute));
      // A last fork is noticed by the driver that comes each minute, and then followed.
      const isCalm = time.now() - began > conditions.stormMs + 3 * minute;
      isOver = isCalm && jobsOver(database, jobs);
    }
  })();
  let hasEnded = false;
  void working.then(() => {
    hasEnded = true;
  });
  await time.run((events) => !hasEnded && events < eventsMax && time.now() - began < minutesMax * minute);
  if (!hasEnded) violations.push('not everything ended');
  check({ ledger, database, jobs, contracts, conditions, toldBatches, violations, report });
  return { ...report, violations, minutes: Math.round((time.now() - began) / minute) };
}

/** Lets virtual time pass until this is done. */
async function run(time: VirtualTime, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  await time.run(() => !isDone);
}

function request(time: VirtualTime, store: Store, jobs: Requested[]): void {
  for (const { at, ...job } of jobs)
    time.at(at, () => void store.put({ TableName: table, Item: waitingJobItem(job, time.now()) }));
}

function mine(time: VirtualTime, ledger: Ledger, isOver: () => boolean): void {
  time.at(time.between(0.5, 1.5) * blockMs, () => {
    ledger.mine();
    if (!isOver()) mine(time, ledger, isOver);
  });
}

function forkSometimes(
  time: VirtualTime,
  ledger: Ledger,
  { forkEveryMs, forkBlocksMax }: Conditions,
  isStormy: () => boolean,
  report: Pick<ChainReport, 'forks' | 'takenBack'>,
): void {
  if (forkEveryMs === 0) return;
  time.at(time.between(0.5, 1.5) * forkEveryMs, () => {
    if (!isStormy()) return;
    const blocks = Math.ceil(time.between(0, forkBlocksMax));
    const { height } = ledger.view();
    report.forks++;
    report.takenBack += ledger.all().filter(({ block = 0 }) => block > height - blocks).length;
    void ledger.fork({ blocks, mempool: time.chance(0.5) });
    forkSometimes(time, ledger, { forkEveryMs, forkBlocksMax } as Conditions, isStormy, report);
  });
}

/** Sends calls with the nonce that the chain expects, as a person with a wallet does. */
function signByHand(time: VirtualTime, ledger: Ledger, { byHand, stormMs }: Conditions): void {
  for (let count = 0; count < byHand; count++)
    time.at(time.between(0, stormMs), () => {
      const nonce = ledger.view().nonceOf(signer);
      ledger.take(sign({ sender: signer, nonce, fee: 2 * fee + count }).raw);
    });
}

const outcomeOf = (database: Database, { batch, chunk, index }: PriceJob) =>
  database.item(outcomes, { pk: `${batch}#${chunk}`, sk: String(index) })?.outcome as
    | { result: { txId: string } }
    | { error: object }
    | undefined;

function jobsOver(database: Database, jobs: Requested[]): boolean {
  const item = database.item(table, signerKey(signer));
  const state = item && SignerState.parse(item);
  return state?.next === state?.confirmed && jobs.every((job) => outcomeOf(database, job) !== undefined);
}

function check({
  ledger,
  database,
  jobs,
  contracts,
  conditions,
  toldBatches,
  violations,
  report,
}: {
  ledger: Ledger;
  database: Database;
  jobs: Requested[];
  contracts: ReturnType<typeof contractModel>;
  conditions: Conditions;
  toldBatches: ReadonlySet<string>;
  violations: string[];
  report: Pick<ChainReport, 'succeeded' | 'failed' | 'undone'>;
}): void {
  const { height, find, sentBy } = ledger.view();
  // A fork that is deeper than the confirmations undoes what was settled, if the node refuses it afterwards, or
  // somebody else is faster. Then only the stored price can follow the chain.
  const { rejected, denied, misanswered, byHand, forkBlocksMax } = conditions;
  const mayUndo = forkBlocksMax >= confirmations && rejected + denied + misanswered + byHand > 0;
  const executed = sentBy(signer)
    .filter(({ block }) => block !== undefined)
    .sort((one, other) => one.nonce - other.nonce);
  if (executed.some(({ nonce }, position) => nonce !== position))
    violations.push(`nonces are not one after another: ${executed.map(({ nonce }) => nonce)}`);
  if (ledger.mostPending > 25) violations.push(`${ledger.mostPending} were unconfirmed at once`);
  for (const job of jobs) {
    const name = `${job.contentId} at ${job.price}`;
    const outcome = outcomeOf(database, job);
    const setters = executed.filter((tx) => {
      const sets = setsOf(tx);
      return tx.state === 'success' && sets?.contentId === job.contentId && sets.price === job.price;
    });
    if (outcome && 'result' in outcome) {
      report.succeeded++;
      const tx = find(outcome.result.txId);
      const isThere = setters.some(({ id }) => id === tx?.id);
      if (setters.length === 0 && !toldBatches.has(job.batch))
        violations.push(`${name} is called successful, is not, and the operator was not told`);
      if (!isThere && mayUndo) report.undone++;
      else if (!isThere) violations.push(`${name} is called successful and is not`);
      else if (height - (tx?.block ?? height) + 1 < confirmations)
        violations.push(`${name} is called successful without enough confirmations`);
    } else if (outcome) {
      report.failed++;
      if (setters.length > 0) violations.push(`${name} is called failed, and the chain has it`);
    }
    if (setters.length > 1 && conditions.byHand === 0)
      violations.push(`${name} was set ${setters.length} times`);
  }
  for (const contentId of new Set(jobs.map((job) => job.contentId))) {
    const stored = database.item(table, contentKey(contentId))?.price;
    const price = contracts.prices.get(contentId) ?? null;
    if (stored !== price)
      violations.push(`${contentId} is stored with ${stored}, and the chain has ${price}`);
  }
}
