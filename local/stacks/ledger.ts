import type { CallResult, Simnet } from './simnet.ts';
import type { Call, TxRejection } from './transaction.ts';

/** Unconfirmed transactions of one account that a node accepts. */
const transactionsPerAccountMax = 25;

/** Initial balance of every account, in micro-STX. */
const initialMicrostacks = 1_000_000_000_000n;

/** Blocks whose times are remembered for a node behind the chain: some ten minutes of them. */
const blocksRemembered = 20_000;

/** `gone`: the chain has taken it back, and no mempool has it. */
type TxState = 'pending' | 'success' | 'abort_by_response' | 'dropped_replace_by_fee' | 'gone';

/** The state of a transaction from an instant on. */
interface TxEvent {
  /** Milliseconds since the epoch. */
  at: number;
  state: TxState;
  result?: CallResult;
  /** Height of its block; each block has a burn block of its own. */
  block?: number;
}

interface Tx extends Call {
  /** What became of it, the latest last. */
  history: TxEvent[];
}

/** A transaction as a node sees it that is at some instant of the chain. */
export type SeenTx = Call & TxEvent;

/** The chain and the mempool at some instant: what a node knows that lags behind. */
export interface View {
  readonly height: number;
  find(id: string): SeenTx | undefined;
  /** The nonce that the chain expects of an account. */
  nonceOf(address: string): number;
  /** All transactions of an account that it knows. */
  sentBy(address: string): SeenTx[];
}

/** Chain and mempool around the simulator: nonces, fees, replacement by fee, blocks, forks. */
export interface Ledger {
  /**
   * Adds a transaction to the mempool, or returns the reason for its rejection.
   *
   * @param asOf the instant of the chain that the node is at, in milliseconds since the epoch; now by
   * default.
   */
  take(raw: string, asOf?: number): { id: string } | TxRejection;
  /** @param asOf an instant within the last ten minutes, in milliseconds since the epoch; now by default. */
  view(asOf?: number): View;
  balanceOf(address: string): bigint;
  /** Mines a block: of each account, the transactions of the mempool whose nonces are next. */
  mine(): void;
  /** Takes the last blocks back; empty ones are in their place. */
  fork(fork: Fork): Promise<void>;
  /** All transactions that were ever accepted, in that order. */
  all(): SeenTx[];
  /**
   * The largest number of unconfirmed transactions of one account so far, without those that a fork brought
   * back.
   */
  readonly mostPending: number;
}

export interface Fork {
  /** The number of blocks that are taken back. */
  blocks: number;
  /** True if their transactions come back to the mempool; without, the whole mempool is lost. */
  mempool: boolean;
}

/** Faults of node and chain that the ledger asks for. */
interface Interference {
  /** Reason for rejecting a transaction, if it is rejected. */
  rejection(tx: Call): string | undefined;
  /** Reason for rejecting a transaction that was accepted before, if it is rejected. */
  denial(tx: Call): string | undefined;
  /** Reason that is answered although the transaction is accepted. */
  misanswer(tx: Call): string | undefined;
  /** True if the chain aborts the transaction. */
  aborts(tx: Call): boolean;
  /** True if the fee is too low for the transaction to be mined. */
  stalls(tx: Call): boolean;
}

export interface LedgerOptions {
  /** Parses a raw transaction. */
  read(raw: string): Call | TxRejection;
  contracts: Simnet;
  interference: Interference;
  now(): number;
}

/** Result of a transaction that a fault aborts: the contract's error 403. */
const abortedResult: CallResult = {
  ok: false,
  repr: '(err u403)',
  hex: '0x080100000000000000000000000000000193',
};

/**
 * Opens a ledger from the log of an earlier one, with a line for each change: `p <raw>` when the mempool
 * accepted a transaction, `m <raw> <height>` when it was mined, `a <raw> <height>` when a fault aborted it,
 * `f <height> keep|lose` when the blocks above this height were taken back.
 *
 * @param keep adds a line to the log, before the change has an effect.
 */
export async function openLedger(
  { read, contracts, interference, now }: LedgerOptions,
  log: string[],
  keep: (line: string) => void,
): Promise<Ledger> {
  const txs = new Map<string, Tx>();
  const accounts = new Map<string, { nonce: number; balance: bigint }>();
  const mempool = new Map<string, Tx>();
  let executed: { tx: Tx; block: number; aborted: boolean }[] = [];
  let blocks = [{ at: 0, height: 1 }];
  let height = 1;
  let changedAt = 0;
  let mostPending = 0;
  let forking = false;
  const slot = ({ sender, nonce }: Call) => `${sender}#${nonce}`;

  const accountOf = (address: string) => {
    const known = accounts.get(address) ?? { nonce: 0, balance: initialMicrostacks };
    accounts.set(address, known);
    return known;
  };

  const become = (tx: Tx, at: number, event: Omit<TxEvent, 'at'>) => {
    tx.history.push({ at, ...event });
    changedAt = Math.max(changedAt, at);
  };

  function add(tx: Tx, at: number): void {
    const replaced = mempool.get(slot(tx));
    if (replaced) become(replaced, at, { state: 'dropped_replace_by_fee' });
    txs.set(tx.id, tx);
    mempool.set(slot(tx), tx);
    become(tx, at, { state: 'pending' });
    const sent = ({ sender, history }: Tx) => sender === tx.sender && history.length === 1;
    const pending = [...mempool.values()].filter(sent).length;
    mostPending = Math.max(mostPending, pending);
  }

  /**
   * Deploys the contract at an account's first call of its own contract, which an operator does once by hand.
   */
  function deployOwn({ sender, call: { contract } }: Call): void {
    if (!contracts.has(contract) && contract.startsWith(`${sender}.`)) contracts.deploy(sender);
  }

  function call(tx: Tx, aborted: boolean): CallResult {
    deployOwn(tx);
    const account = accountOf(tx.sender);
    account.nonce += 1;
    account.balance -= tx.fee;
    return aborted ? abortedResult : contracts.call(tx.call.contract, tx.call.name, tx.call.args, tx.sender);
  }

  function execute(tx: Tx, aborted: boolean, at: number): void {
    const result = call(tx, aborted);
    executed.push({ tx, block: height, aborted });
    // A rival that came back from a fork to the same nonce loses.
    const rival = mempool.get(slot(tx));
    if (rival && rival !== tx) become(rival, at, { state: 'dropped_replace_by_fee' });
    mempool.delete(slot(tx));
    become(tx, at, { state: result.ok ? 'success' : 'abort_by_response', result, block: height });
  }

  async function takeBack(to: number, keepsMempool: boolean, at: number): Promise<void> {
    const back = executed.filter(({ block }) => block > to);
    executed = executed.filter(({ block }) => block <= to);
    if (!keepsMempool) {
      for (const tx of mempool.values()) become(tx, at, { state: 'gone' });
      mempool.clear();
    }
    for (const { tx } of back) {
      if (keepsMempool && !mempool.has(slot(tx))) mempool.set(slot(tx), tx);
      become(tx, at, { state: mempool.get(slot(tx)) === tx ? 'pending' : 'gone' });
    }
    accounts.clear();
    await contracts.reset();
    for (const { tx, aborted } of executed) call(tx, aborted);
  }

  const eventAt = ({ history }: Tx, asOf: number): TxEvent | undefined => {
    const event = history.findLast(({ at }) => at <= asOf);
    return event?.state === 'gone' ? undefined : event;
  };

  const seen = (tx: Tx | undefined, asOf: number): SeenTx | undefined => {
    const event = tx && eventAt(tx, asOf);
    return event && { ...tx, ...event };
  };

  const nonceOf = (address: string, asOf: number): number => {
    if (asOf >= changedAt) return accountOf(address).nonce;
    const used = [...txs.values()]
      .filter((tx) => tx.sender === address && eventAt(tx, asOf)?.block !== undefined)
      .map(({ nonce }) => nonce);
    return Math.max(-1, ...used) + 1;
  };

  function refusal(tx: Call, asOf: number): TxRejection | undefined {
    const expected = nonceOf(tx.sender, asOf);
    const reason_data = { expected, actual: tx.nonce, is_origin: true, principal: tx.sender };
    if (tx.nonce < expected) return { reason: 'BadNonce', reason_data };
    if (tx.fee < BigInt(Math.ceil(tx.raw.length / 2))) return { reason: 'FeeTooLow' };
    if (tx.fee > accountOf(tx.sender).balance) return { reason: 'NotEnoughFunds' };
    const rival = mempool.get(slot(tx));
    if (rival && rival.id !== tx.id && tx.fee <= rival.fee) return { reason: 'ConflictingNonceInMempool' };
    if (!rival && tx.nonce >= expected + transactionsPerAccountMax)
      return { reason: 'TooMuchChaining', reason_data };
    const reason = interference.rejection(tx);
    if (reason) return { reason };
    deployOwn(tx);
    if (!contracts.has(tx.call.contract)) return { reason: 'NoSuchContract' };
    return functionRefusal(contracts, tx);
  }

  for (const line of log) {
    const [kind, what = '', more = ''] = line.split(' ');
    if (kind === 'f') {
      await takeBack(Number(what), more === 'keep', 0);
      continue;
    }
    const tx = kind ? read(what) : undefined;
    if (!tx || 'reason' in tx) continue;
    height = Math.max(height, Number(more));
    const known = txs.get(tx.id) ?? { ...tx, history: [] };
    txs.set(tx.id, known);
    if (kind === 'p') add(known, 0);
    else execute(known, kind === 'a', 0);
  }
  blocks = [{ at: 0, height }];

  return {
    get mostPending() {
      return mostPending;
    },
    all: () => [...txs.values()].flatMap((tx) => ({ ...tx, ...(tx.history.at(-1) as TxEvent) })),
    view: (asOf = now()) => ({
      height: blocks.findLast(({ at }) => at <= asOf)?.height ?? 1,
      find: (id) => seen(txs.get(id), asOf),
      nonceOf: (address) => nonceOf(address, asOf),
      sentBy: (address) =>
        [...txs.values()].filter(({ sender }) => sender === address).flatMap((tx) => seen(tx, asOf) ?? []),
    }),
    balanceOf: (address) => accountOf(address).balance,
    take(raw, asOf = now()) {
      const tx = read(raw);
      if ('reason' in tx) return tx;
      const known = txs.get(tx.id);
      const denied = known && interference.denial(tx);
      if (denied) return { reason: denied };
      // A pending transaction is accepted again; of a mined one a node only sees that its nonce is used.
      if (known && eventAt(known, asOf)?.state === 'pending') return { id: tx.id };
      const refused = refusal(tx, asOf);
      if (refused) return refused;
      // A node behind the chain takes what the others are past, and drops it when it has caught up.
      const isPast = tx.nonce < accountOf(tx.sender).nonce;
      const isHere = mempool.get(slot(tx))?.id === tx.id;
      if (!isPast && !isHere) {
        keep(`p ${raw}`);
        add(known ?? { ...tx, history: [] }, now());
      }
      const misanswer = interference.misanswer(tx);
      return misanswer ? { reason: misanswer } : { id: tx.id };
    },
    mine() {
      if (forking) return;
      height += 1;
      blocks.push({ at: now(), height });
      if (blocks.length > 2 * blocksRemembered) blocks = blocks.slice(-blocksRemembered);
      const due = [...mempool.values()].sort((one, other) => one.nonce - other.nonce);
      for (const tx of due) {
        if (tx.nonce !== accountOf(tx.sender).nonce || interference.stalls(tx)) continue;
        const aborted = interference.aborts(tx);
        keep(`${aborted ? 'a' : 'm'} ${tx.raw} ${height}`);
        execute(tx, aborted, now());
      }
    },
    async fork({ blocks: count, mempool: keepsMempool }) {
      const to = Math.max(0, height - count);
      keep(`f ${to} ${keepsMempool ? 'keep' : 'lose'}`);
      forking = true;
      await takeBack(to, keepsMempool, now());
      forking = false;
    },
  };
}

interface AbiFunction {
  name: string;
  access: string;
  args: unknown[];
}

function functionRefusal(contracts: Simnet, { call }: Call): TxRejection | undefined {
  const abi = contracts.interfaceOf(call.contract) as { functions?: AbiFunction[] } | undefined;
  const fn = abi?.functions?.find(({ name, access }) => name === call.name && access === 'public');
  if (!fn) return { reason: 'NoSuchPublicFunction' };
  const ascii = call.args.every(
    (arg) => arg.type !== 'ascii' || /^[\x20-\x7e]{0,64}$/.test(String(arg.value)),
  );
  // A text that the simulator cannot hold would crash it.
  return fn.args.length === call.args.length && ascii ? undefined : { reason: 'BadFunctionArgument' };
}
