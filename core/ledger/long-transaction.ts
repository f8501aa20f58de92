import { timestamp } from '../clock.ts';
import { AnswerLost, Unavailable } from '../dynamo/errors.ts';
import { transactionBytesMax } from '../dynamo/limits.ts';
import type { Item } from '../dynamo/store.ts';
import { chunksOf, inParallel } from '../parallel.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import { LostClaim } from './errors.ts';
import { abort, commit, commitTogether, type Part, register, transactAgain } from './head.ts';
import { isName, recordFrom } from './items.ts';
import { manifestOf, type RecordWrite, type TenantPlan } from './plan.ts';
import { clear } from './recovery.ts';
import { clearId } from './short-transaction.ts';

/** Requests in flight for one batch. More gains nothing against one partition, and takes capacity from the neighbours. */
const width = 8;

/** Somebody else has written one of the records: this attempt is over. */
class Missed extends Error {}

/**
 * Writes a batch of any size, over any number of tenants: it draws a stamp in each HEAD, writes the manifests and then the records
 * under that stamp, which nobody sees, and makes them visible by the flip. Whatever goes wrong before leads to the abort.
 */
export async function writeLong(attempt: Attempt): Promise<AttemptEnd> {
  const { context, txId, plans } = attempt;
  const drawn = await Promise.allSettled(
    plans.map(async (plan): Promise<Part> => {
      const n = attempt.ticket ?? (await register(context, plan.tenant, txId)).gn[txId];
      return { tenant: plan.tenant, txId, n: n as number, delta: plan.delta };
    }),
  );
  const lostPuts: AnswerLost[] = [];
  const parts = drawn.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    for (const one of drawn) if (one.status === 'rejected') throw one.reason;
    const begun = await Promise.all(
      plans.map((plan, index) => putManifest(attempt, plan, parts[index] as Part)),
    );
    if (begun.includes(false)) throw new Missed('Declared dead before it began');
    await inParallel(
      plans.flatMap((plan, index) => carriers(attempt, plan, (parts[index] as Part).n, lostPuts)),
      width,
      (carry) => carry(),
    );
    await putAnswer(attempt);
  } catch (error) {
    await abandon(attempt, parts);
    // A lost put may land after the next attempt wrote the same id, and would replace it: there must be no next attempt.
    if (lostPuts.length > 0)
      throw new Unavailable('A write got no answer and was taken back', { cause: lostPuts[0] });
    if (error instanceof Missed) return 'conflict';
    throw error;
  }
  const [only] = parts;
  const end =
    parts.length === 1 && only ? await commit(context, only, 'P') : await commitTogether(context, parts);
  if (end === 'committed') return 'committed';
  await abandon(attempt, parts);
  return 'conflict';
}

/** The manifest stands before the first record does, so that whoever finds the batch dead knows where its traces are. */
async function putManifest(
  { context, txId, author }: Attempt,
  plan: TenantPlan,
  { n }: Part,
): Promise<boolean> {
  const details = { n, ...author, at: timestamp(context.now()) };
  const written = await context.store.put({
    TableName: context.manifests(),
    Item: manifestOf(context.ledger, plan, txId, details),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  return written.done || written.item?.n === n;
}

/**
 * The requests that bring the records of one tenant.
 *
 * Creations go by BatchWriteItem, which costs half of a transaction and takes no condition: an echo of it could overwrite
 * what came later, so it is never sent again unless DynamoDB said that it did nothing. Few creations, those of names (which others may
 * create as well), and all changes go by transactions, for their conditions; that they are atomic one by one is of no use here.
 */
function carriers(
  { context }: Attempt,
  plan: TenantPlan,
  n: number,
  lostPuts: AnswerLost[],
): (() => Promise<void>)[] {
  const [drawn, others] = partition(plan.writes, ({ id, kind }) => kind === 'create' && !isName(id));
  const many = drawn.length > context.limits.short;
  const conditional = many ? others : plan.writes;
  const unconditional = many ? drawn : [];

  const putChunk = async (chunk: RecordWrite[]) => {
    const wait = context.store.backoff();
    // Ends at the deadline, by the backoff.
    for (let left: Item[] = chunk.flatMap((write) => write.action(context.records, n).Put?.Item ?? []); ; ) {
      const unprocessed = await context.store.putMany(context.records, left).catch((error: unknown) => {
        if (error instanceof AnswerLost) lostPuts.push(error);
        throw error;
      });
      if (unprocessed.length === 0) return;
      await wait();
      left = unprocessed;
    }
  };

  const transactChunk = async (chunk: RecordWrite[]) => {
    const actions = chunk.map((write) => write.action(context.records, n));
    const wait = context.store.backoff();
    // Ends at the deadline, by the backoff.
    for (;;) {
      const reply = await transactAgain(context, actions);
      if (reply.done) return;
      const items = reply.reasons.map(({ failed, item }) => (failed && item ? recordFrom(item) : undefined));
      for (const [index, { failed }] of reply.reasons.entries()) {
        const item = items[index];
        if (!failed || item?.tx === n) continue;
        if (chunk[index]?.kind === 'create' && item) await clearId(context, plan.tenant, item);
        throw new Missed('A record was written by another transaction');
      }
      // Its own stamps: an earlier sending, whose answer was lost, is being applied. It is done when every record has it.
      if (items.every((item) => item?.tx === n)) return;
      await wait();
    }
  };

  return [
    ...chunksOf(unconditional, context.limits.puts).map((chunk) => () => putChunk(chunk)),
    ...chunksBySize(conditional, context.limits.transact).map((chunk) => () => transactChunk(chunk)),
  ];
}

function partition<E>(list: readonly E[], test: (element: E) => boolean): [E[], E[]] {
  return [list.filter(test), list.filter((element) => !test(element))];
}

/** As many writes as one transaction takes, by number and by size. */
function chunksBySize(writes: RecordWrite[], transactMax: number): RecordWrite[][] {
  const chunks: RecordWrite[][] = [];
  let chunk: RecordWrite[] = [];
  let size = 0;
  for (const write of writes) {
    if (chunk.length === transactMax || (chunk.length > 0 && size + write.size > transactionBytesMax)) {
      chunks.push(chunk);
      chunk = [];
      size = 0;
    }
    chunk.push(write);
    size += write.size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/** The answer counts only if the batch commits, so it may stand before; after the flip a crash would lose it. */
async function putAnswer({ context, answer }: Attempt): Promise<void> {
  if (!answer) return;
  const written = await context.store.update(answer);
  if (!written.done) throw new LostClaim();
}

/** Takes everything back. Where that fails, the recovery message does it; the entries linger for late requests either way. */
async function abandon({ context, txId }: Attempt, parts: Part[]): Promise<void> {
  await Promise.allSettled(
    parts.map(async ({ tenant, n }) => {
      if ((await abort(context, tenant, txId, n)) === 'aborted') await clear(context, tenant, txId, n);
    }),
  );
}
