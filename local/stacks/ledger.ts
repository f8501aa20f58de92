import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { STACKS_TESTNET } from '@stacks/network';
import {
  AuthType,
  addressFromVersionHash,
  addressHashModeToVersion,
  addressToString,
  type ClarityValue,
  deserializeTransaction,
  type StacksTransactionWire,
} from '@stacks/transactions';
import type { CallResult, Simnet } from './simnet.ts';

/** Unconfirmed transactions of one account that a node accepts. */
const transactionsPerAccountMax = 25;

/** Initial balance of every account, in micro-STX. */
const initialMicrostacks = 1_000_000_000_000n;

type TxState = 'pending' | 'success' | 'abort_by_response' | 'dropped_replace_by_fee';

export interface Tx {
  id: string;
  raw: string;
  sender: string;
  nonce: number;
  fee: bigint;
  call: { contract: string; name: string; args: ClarityValue[] };
  state: TxState;
  /** Time of its acceptance, in milliseconds since the Unix epoch; 0 if that was in an earlier run. */
  takenAt: number;
  result?: CallResult;
  block?: number;
}

/** A node's reason for not accepting a transaction, in the node's own format. */
interface TxRejection {
  reason: string;
  reason_data?: { expected?: number; actual?: number; is_origin?: boolean; principal?: string };
}

/** Chain and mempool around the simulator: nonces, fees, replacement by fee, blocks. */
export interface Ledger {
  /** Adds a transaction to the mempool, or returns the reason for its rejection. */
  take(raw: string): { id: string } | TxRejection;
  find(id: string): Tx | undefined;
  account(address: string): { nonce: number; balance: bigint; pending: number };
  /** Mines a block: of each account, the transactions of the mempool whose nonces are next. */
  mine(): void;
  readonly height: number;
  /** All transactions that were ever accepted, in that order. */
  all(): Tx[];
  /** The largest number of unconfirmed transactions of one account so far. */
  readonly mostPending: number;
}

/** Faults of node and chain that the ledger asks for. */
export interface Interference {
  /** Reason for rejecting a transaction, if it is rejected. */
  rejection(tx: Tx): string | undefined;
  /** Reason for rejecting a transaction that was accepted before, if it is rejected. */
  denial(tx: Tx): string | undefined;
  /** True if the chain aborts the transaction. */
  aborts(tx: Tx): boolean;
  /** True if the fee is too low for the transaction to be mined. */
  stalls(tx: Tx): boolean;
}

/** Result of a transaction that a fault aborts: the contract's error 403. */
const abortedResult: CallResult = {
  ok: false,
  repr: '(err u403)',
  hex: '0x080100000000000000000000000000000193',
};

/**
 * Opens the ledger of this file, an append-only log with one raw transaction per line: `p` when the mempool
 * accepted it, `m` when it was mined, `a` when a fault aborted it. Opening replays the log, so the file is
 * the whole state.
 */
export function openLedger(file: string, simnet: Simnet, interference: Interference): Ledger {
  const txs = new Map<string, Tx>();
  const accounts = new Map<string, { nonce: number; balance: bigint }>();
  const mempool = new Map<string, Tx>();
  let height = 1;
  let mostPending = 0;
  const slot = ({ sender, nonce }: Tx) => `${sender}#${nonce}`;

  const accountOf = (address: string) => {
    const known = accounts.get(address) ?? { nonce: 0, balance: initialMicrostacks };
    accounts.set(address, known);
    return known;
  };

  const pendingOf = (address: string) =>
    [...mempool.values()].filter(({ sender }) => sender === address).length;

  function add(tx: Tx): void {
    const replaced = mempool.get(slot(tx));
    if (replaced) replaced.state = 'dropped_replace_by_fee';
    txs.set(tx.id, tx);
    mempool.set(slot(tx), tx);
    mostPending = Math.max(mostPending, pendingOf(tx.sender));
  }

  /**
   * Deploys the contract at an account's first call of its own contract, which an operator does once by hand.
   */
  function deployOwn({ sender, call: { contract } }: Tx): void {
    if (!simnet.has(contract) && contract.startsWith(`${sender}.`)) simnet.deploy(sender);
  }

  function execute(tx: Tx, aborted: boolean): void {
    const account = accountOf(tx.sender);
    account.nonce += 1;
    account.balance -= tx.fee;
    tx.result = aborted
      ? abortedResult
      : simnet.call(tx.call.contract, tx.call.name, tx.call.args, tx.sender);
    tx.state = tx.result.ok ? 'success' : 'abort_by_response';
    tx.block = height;
    mempool.delete(slot(tx));
  }

  function refusal(tx: Tx): TxRejection | undefined {
    const account = accountOf(tx.sender);
    const expected = account.nonce;
    if (tx.nonce < expected)
      return {
        reason: 'BadNonce',
        reason_data: { expected, actual: tx.nonce, is_origin: true, principal: tx.sender },
      };
    if (tx.fee < BigInt(tx.raw.length / 2)) return { reason: 'FeeTooLow' };
    if (tx.fee > account.balance) return { reason: 'NotEnoughFunds' };
    const rival = mempool.get(slot(tx));
    if (rival && tx.fee <= rival.fee) return { reason: 'ConflictingNonceInMempool' };
    if (!rival && tx.nonce >= expected + transactionsPerAccountMax)
      return {
        reason: 'TooMuchChaining',
        reason_data: { expected, actual: tx.nonce, is_origin: true, principal: tx.sender },
      };
    const reason = interference.rejection(tx);
    if (reason) return { reason };
    deployOwn(tx);
    if (!simnet.has(tx.call.contract)) return { reason: 'NoSuchContract' };
    return functionRefusal(simnet, tx);
  }

  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // The last line may be half written after a crash, so the next record must begin a new line.
  if (kept !== '' && !kept.endsWith('\n')) appendFileSync(file, '\n');
  for (const line of kept.split('\n')) {
    const [kind, raw = ''] = line.split(' ');
    const tx = kind ? readTransaction(raw) : undefined;
    if (!tx || 'reason' in tx) continue;
    deployOwn(tx);
    if (kind === 'p') add(tx);
    else execute(txs.get(tx.id) ?? tx, kind === 'a');
  }

  return {
    get height() {
      return height;
    },
    get mostPending() {
      return mostPending;
    },
    all: () => [...txs.values()],
    find: (id) => txs.get(id),
    account: (address) => ({
      ...accountOf(address),
      pending: pendingOf(address),
    }),
    take(raw) {
      const tx = readTransaction(raw);
      if ('reason' in tx) return tx;
      const denied = txs.has(tx.id) && interference.denial(tx);
      if (denied) return { reason: denied };
      // A pending transaction is accepted again; of a mined one a node only sees that its nonce is used.
      if (txs.get(tx.id)?.state === 'pending') return { id: tx.id };
      const refused = refusal(tx);
      if (refused) return refused;
      appendFileSync(file, `p ${raw}\n`);
      tx.takenAt = Date.now();
      add(tx);
      return { id: tx.id };
    },
    mine() {
      const due = [...mempool.values()].sort((one, other) => one.nonce - other.nonce);
      for (const tx of due) {
        if (tx.nonce !== accountOf(tx.sender).nonce || interference.stalls(tx)) continue;
        const aborted = interference.aborts(tx);
        appendFileSync(file, `${aborted ? 'a' : 'm'} ${tx.raw}\n`);
        execute(tx, aborted);
      }
      if (due.length > 0) height += 1;
    },
  };
}

interface AbiFunction {
  name: string;
  access: string;
  args: unknown[];
}

function functionRefusal(simnet: Simnet, { call }: Tx): TxRejection | undefined {
  const abi = simnet.interfaceOf(call.contract) as { functions?: AbiFunction[] } | undefined;
  const fn = abi?.functions?.find(({ name, access }) => name === call.name && access === 'public');
  if (!fn) return { reason: 'NoSuchPublicFunction' };
  const ascii = call.args.every(
    (arg) => arg.type !== 'ascii' || /^[\x20-\x7e]{0,64}$/.test(String(arg.value)),
  );
  // A text that the simulator cannot hold would crash it.
  return fn.args.length === call.args.length && ascii ? undefined : { reason: 'BadFunctionArgument' };
}

/** Parses a raw transaction and checks everything that does not depend on the chain. */
function readTransaction(raw: string): Tx | TxRejection {
  let wire: StacksTransactionWire;
  try {
    wire = deserializeTransaction(raw);
    wire.verifyOrigin();
  } catch (error) {
    return { reason: String(error).includes('erif') ? 'SignatureValidation' : 'Deserialization' };
  }
  if (
    wire.transactionVersion !== STACKS_TESTNET.transactionVersion ||
    wire.chainId !== STACKS_TESTNET.chainId
  )
    return { reason: 'BadTransactionVersion' };
  const { auth, payload } = wire;
  if (auth.authType !== AuthType.Standard || !('contractAddress' in payload))
    return { reason: 'Deserialization' };
  const { spendingCondition: origin } = auth;
  const version = addressHashModeToVersion(origin.hashMode, 'testnet');
  return {
    id: `0x${wire.txid()}`,
    raw,
    sender: addressToString(addressFromVersionHash(version, origin.signer)),
    nonce: Number(origin.nonce),
    fee: origin.fee,
    call: {
      contract: `${addressToString(payload.contractAddress)}.${payload.contractName.content}`,
      name: payload.functionName.content,
      args: payload.functionArgs,
    },
    state: 'pending',
    takenAt: 0,
  };
}
