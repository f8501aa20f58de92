import type { Settled, Settlement } from '../../core/batch/settle.ts';
import { timestamp } from '../../core/clock.ts';
import { type Action, Refused, ReplyLost } from '../../core/transaction/store.ts';
import type { Job, NonceItem, SignerState, WaitingJob } from './chain-items.ts';
import { type ChainStore, IN_FLIGHT } from './chain-store.ts';
import { contentKey, type Done, type Failure } from './operation.ts';
import type { SignedCall } from './stacks-call.ts';
import type { Broadcast, StacksNode, TxStatus } from './stacks-node.ts';

/** What the driver works with. */
export interface Chain {
  node: StacksNode;
  store: ChainStore;
  signer: string;
  /** Micro-STX for one call. */
  fee: number;
  signPrice(job: Job, terms: { nonce: number; fee: number }): Promise<SignedCall>;
  signSkip(terms: { nonce: number; fee: number }): Promise<SignedCall>;
  settle(settlement: Settlement): Promise<Settled>;
  contentTable: string;
  /** Whether this is still the only driver. */
  alone(): Promise<boolean>;
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

/** After how long without being mined a transaction is sent with a higher fee, in milliseconds. */
const STUCK = 5 * 60_000;

/** How long a node's API may not know yet what the node has taken, in milliseconds. */
const LAG = 15_000;

/** By how much a fee is raised, and to how much at most, as multiples: of the fee before, and of the first. Nodes take a tenth more. */
const RAISE = { step: 1.25, most: 20 };

/** Pauses between two looks at a chain on which nothing happened, in milliseconds; each is twice the one before. */
const PAUSE = { first: 50, longest: 2_000 };

/** What a node says of a transaction that it may well take later, or that it says for reasons of its own. */
const passing = /^(TooMuchChaining|ServerFailure|TemporarilyBlacklisted)/;

/** Only the steps below say `false`: nothing happened. */
type Progressed = boolean;

/**
 * Brings prices to the chain: settles what it confirmed, sends what was signed, signs what waits; in the order of nonces, never more than
 * twenty at once. Everything is stored before it has an effect, so a driver that dies leaves nothing that the next cannot take up.
 *
 * @param until when to come to an end, in milliseconds since the epoch.
 * @returns whether something is left to do.
 */
export async function drive(chain: Chain, until: number): Promise<boolean> {
  let pause = PAUSE.first;
  for (;;) {
    if (!(await chain.alone())) return true;
    const progressed = await step(chain).catch((error: unknown) => {
      if (error instanceof Refused || error instanceof ReplyLost) return false;
      throw error;
    });
    if (!progressed && !(await anythingLeft(chain))) return false;
    if (chain.now() >= until) return true;
    if (!progressed) await chain.pause(pause);
    pause = progressed ? PAUSE.first : Math.min(2 * pause, PAUSE.longest);
  }
}

export async function anythingLeft({ store }: Chain): Promise<boolean> {
  const state = await store.state();
  return (state && state.next > state.confirmed) || (await store.waiting(1)).length > 0;
}

async function step(chain: Chain): Promise<Progressed> {
  const state = await chain.store.state();
  // Nobody asks the node for anything before there is something to send.
  if (!state) return (await anythingLeft(chain)) && (await begin(chain));
  const nonces = await chain.store.unsettled(state);
  if (await settleEnded(chain, state, nonces)) return true;
  if (await sendSigned(chain, state, nonces)) return true;
  return await signWaiting(chain, state);
}

/** Begins at the nonce that the chain expects. */
async function begin({ store, node, signer }: Chain): Promise<Progressed> {
  const nonce = await node.nonceOf(signer);
  if (nonce !== undefined) await store.begin(nonce);
  return nonce !== undefined;
}

/** How a nonce ended on the chain; `undefined` while it has not. */
type End = { nonce: NonceItem; outcome?: { result: Done } | { error: Failure }; txId?: string };

export const failed = (reason: string, txId?: string): { error: Failure } => ({
  error: { error: 'On-chain update failed', reason, ...(txId ? { txId } : {}) },
});

async function endOf(chain: Chain, nonce: NonceItem): Promise<End | undefined> {
  if (nonce.state === 'foreign') return { nonce };
  if (nonce.state === 'signed') return undefined;
  const { status, txId } = await latest(chain, nonce);
  if (status.kind === 'success') {
    const message = `Price updated to ${nonce.job?.price} STX`;
    return { nonce, txId, outcome: { result: { message, txId } } };
  }
  if (status.kind === 'aborted') return { nonce, txId, outcome: failed(status.reason, txId) };
  const age = chain.now() - nonce.signedAt;
  if (status.kind === 'dropped' || (status.kind === 'missing' && age > LAG)) await sendAgain(chain, nonce);
  else if (status.kind === 'pending' && age > STUCK) await raiseFee(chain, nonce);
  return undefined;
}

/** Has what a node has forgotten sent once more, the very same bytes. */
const sendAgain = ({ store }: Chain, nonce: NonceItem): Promise<Progressed> =>
  store.write([store.parts.replaceNonce(nonce, { ...nonce, state: 'signed' })]);

/** Where a nonce stands by whichever of its transactions the chain took. */
async function latest(chain: Chain, { txIds }: NonceItem): Promise<{ status: TxStatus; txId: string }> {
  let seen: { status: TxStatus; txId: string } = { status: { kind: 'missing' }, txId: '' };
  for (const txId of txIds.toReversed()) {
    const status = await chain.node.statusOf(txId);
    if (status.kind === 'success' || status.kind === 'aborted' || status.kind === 'unknown')
      return { status, txId };
    if (status.kind !== 'missing' && status.kind !== 'dropped') seen = { status, txId };
  }
  return seen;
}

/** Signs the same call for the same nonce with a higher fee. All of its transactions are kept, since any of them may be the one that is mined. */
async function raiseFee(chain: Chain, nonce: NonceItem): Promise<Progressed> {
  const fee = Math.min(Math.ceil(nonce.fee * RAISE.step), chain.fee * RAISE.most);
  if (fee <= nonce.fee) return false;
  const { job } = nonce;
  const terms = { nonce: nonce.nonce, fee };
  const call = job ? await chain.signPrice(job, terms) : await chain.signSkip(terms);
  const item = { ...nonce, fee, raw: call.raw, txIds: [...nonce.txIds, call.txId], signedAt: chain.now() };
  return await chain.store.write([chain.store.parts.replaceNonce(nonce, { ...item, state: 'signed' })]);
}

/** Settles nonces from the first that is not, as far as they have ended, one chunk's items at a time. */
async function settleEnded(chain: Chain, state: SignerState, nonces: NonceItem[]): Promise<Progressed> {
  const group: End[] = [];
  for (const nonce of nonces) {
    const [first] = group;
    if (first && !sameChunk(first.nonce, nonce)) break;
    const end = await endOf(chain, nonce);
    if (!end) break;
    group.push(end);
    if (!nonce.job) break;
  }
  if (group.length === 0) return false;
  const settled = await settleGroup(chain, group, endActions(chain, state, group));
  if (settled !== 'before') return settled === 'settled';
  // One of them was settled before, so they go one by one; what is on the record already only has its nonce closed.
  const alone = group.slice(0, 1);
  const actions = endActions(chain, state, alone);
  return (await settleGroup(chain, alone, actions)) === 'settled' || (await chain.store.write(actions));
}

function endActions(chain: Chain, state: SignerState, group: End[]): Action[] {
  const { parts } = chain.store;
  return [
    parts.confirm(state.confirmed, group.length),
    ...group.map(({ nonce }) => parts.removeNonce(nonce.nonce)),
    ...priceActions(chain, group),
  ];
}

const sameChunk = ({ job: one }: NonceItem, { job: other }: NonceItem): boolean =>
  one !== undefined && one.batch === other?.batch && one.chunk === other.chunk;

/** The database's prices, as the chain confirmed them: of several for one content the last is the one that the chain has. */
function priceActions(chain: Chain, group: End[]): Action[] {
  const confirmed = group.flatMap(({ nonce: { job }, outcome, txId }) =>
    job && outcome && 'result' in outcome ? [{ ...job, txId }] : [],
  );
  const last = new Map(confirmed.map((job) => [job.contentId, job]));
  return [...last.values()].map(({ contentId, price, txId }) => ({
    Update: {
      TableName: chain.contentTable,
      Key: contentKey(contentId),
      UpdateExpression: 'SET price = :price, priceTxId = :tx, updatedAt = :now',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':price': price, ':tx': txId, ':now': timestamp(chain.now()) },
    },
  }));
}

async function settleGroup(chain: Chain, group: End[], actions: Action[]): Promise<Settled> {
  const job = group[0]?.nonce.job;
  const outcomes = group.flatMap(({ nonce, outcome }) =>
    nonce.job && outcome ? [{ index: nonce.job.index, outcome }] : [],
  );
  if (!job || outcomes.length === 0) return (await chain.store.write(actions)) ? 'settled' : 'refused';
  return await chain.settle({ batch: job.batch, chunk: job.chunk, outcomes, actions });
}

/** Sends what was signed, in order, until the node takes no more. */
async function sendSigned(chain: Chain, state: SignerState, nonces: NonceItem[]): Promise<Progressed> {
  const { store } = chain;
  const taken: NonceItem[] = [];
  let moved = false;
  for (const nonce of nonces.filter((one) => one.state === 'signed')) {
    const answer = await chain.node.broadcast(nonce.raw);
    if (answer.kind === 'accepted') {
      taken.push(nonce);
      continue;
    }
    if (answer.kind === 'rejected') moved = await rejected(chain, state, nonce, answer);
    break;
  }
  if (taken.length === 0) return moved;
  return await store.write(
    taken.map((nonce) => store.parts.replaceNonce(nonce, { ...nonce, state: 'sent' })),
  );
}

/** What follows from a rejection. A node may also reject what it took before, whose answer was lost: that is asked first. */
async function rejected(
  chain: Chain,
  state: SignerState,
  nonce: NonceItem,
  { reason, expected, actual }: Broadcast & { kind: 'rejected' },
): Promise<Progressed> {
  const { store } = chain;
  if (passing.test(reason)) return false;
  const { status } = await latest(chain, nonce);
  if (status.kind === 'unknown') return false;
  if (status.kind !== 'missing' && status.kind !== 'dropped')
    return await store.write([store.parts.replaceNonce(nonce, { ...nonce, state: 'sent' })]);
  if (reason === 'FeeTooLow') return await raiseFee(chain, nonce);
  if (reason === 'ConflictingNonceInMempool') return false;
  if (reason === 'BadNonce') {
    // A nonce that is ahead of the chain has others of ours before it, which are on their way.
    const used = actual !== undefined && expected !== undefined && actual < expected;
    return used ? await dispute(chain, nonce) : false;
  }
  return await giveUp(chain, state, nonce, reason);
}

/**
 * The chain is past this nonce, and does not show which transaction used it. It may have been our own, whose answer was lost, since a node's
 * API learns of it later than the node: only what stays unknown was somebody else's.
 */
async function dispute(chain: Chain, nonce: NonceItem): Promise<Progressed> {
  const { parts, write } = chain.store;
  const { disputedAt } = nonce;
  if (disputedAt === undefined)
    return await write([parts.replaceNonce(nonce, { ...nonce, disputedAt: chain.now() })]);
  return chain.now() - disputedAt > LAG ? await yieldNonce(chain, nonce) : false;
}

/** A transaction that is not ours used this nonce: its job waits for another. */
async function yieldNonce({ store }: Chain, nonce: NonceItem): Promise<Progressed> {
  const { job, ...rest } = nonce;
  return await store.write([
    store.parts.replaceNonce(nonce, { ...rest, state: 'foreign' }),
    ...(job ? [store.parts.putJob(job)] : []),
  ]);
}

/** The node will never take this call: its item failed. The nonce goes to the next job, or is used up, or was never given. */
async function giveUp(
  chain: Chain,
  state: SignerState,
  nonce: NonceItem,
  reason: string,
): Promise<Progressed> {
  const { parts } = chain.store;
  const [next] = await chain.store.waiting(1);
  const isLast = nonce.nonce + 1 === state.next;
  const instead = isLast
    ? [parts.takeBack(nonce.nonce), parts.removeNonce(nonce.nonce)]
    : await replacement(chain, nonce, next);
  const end: End = nonce.job ? { nonce, outcome: failed(reason) } : { nonce };
  const settled = await settleGroup(chain, [end], instead);
  return settled === 'settled' || (settled === 'before' && (await chain.store.write(instead)));
}

async function replacement(chain: Chain, was: NonceItem, next: WaitingJob | undefined): Promise<Action[]> {
  const { parts } = chain.store;
  const item = await signedItem(chain, next, was.nonce);
  return [parts.replaceNonce(was, item), ...(next ? [parts.removeJob(next)] : [])];
}

async function signedItem(
  chain: Chain,
  next: WaitingJob | undefined,
  nonce: number,
): Promise<Omit<NonceItem, 'pk' | 'sk'>> {
  const terms = { nonce, fee: chain.fee };
  const call = next ? await chain.signPrice(next, terms) : await chain.signSkip(terms);
  const { pk: _, ...job } = next ?? { pk: '' };
  return {
    ...{ nonce, state: 'signed', raw: call.raw, txIds: [call.txId], fee: chain.fee, signedAt: chain.now() },
    ...(next ? { job: job as Job & { sk: string } } : {}),
  };
}

/** Gives nonces to jobs that wait, as many as may be on their way, and stores what was signed for them. */
async function signWaiting(chain: Chain, { next, confirmed }: SignerState): Promise<Progressed> {
  const room = IN_FLIGHT - (next - confirmed);
  const jobs = room > 0 ? await chain.store.waiting(room) : [];
  if (jobs.length === 0) return false;
  const items = await Promise.all(jobs.map((job, position) => signedItem(chain, job, next + position)));
  const { parts } = chain.store;
  return await chain.store.write([
    parts.give(next, jobs.length),
    ...items.map((item) => parts.putNonce(item)),
    ...jobs.map((job) => parts.removeJob(job)),
  ]);
}
