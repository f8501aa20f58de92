import { timestamp } from '../clock.ts';
import { AnswerLost, Unavailable } from '../dynamo/errors.ts';
import { transactionBytesMax } from '../dynamo/limits.ts';
import type { Item } from '../dynamo/store.ts';
import { transactAgain } from '../dynamo/transact-again.ts';
import { invariant, present } from '../invariant.ts';
import { chunksOf, inParallel } from '../parallel.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import { LostClaim } from './errors.ts';
import { abort, commit, commitTogether, type Part, register } from './head.ts';
import { isName, recordFrom } from './items.ts';
import { newManifest } from './manifest-writes.ts';
import { manifestOf, type RecordWrite, type TenantPlan } from './plan.ts';
import { clear } from './recovery.ts';
import { clearId } from './short-transaction.ts';

/** Requests in flight per transaction. More gains nothing on one partition, and slows other tenants. */
const requestsAtOnceMax = 8;

/** Another transaction has written one of the records, or fenced this one: the attempt is over. */
class Missed extends Error {}

/**
 * Writes a transaction of any size, over up to 99 tenants: it draws a stamp in each HEAD, writes the
 * manifests and then the records under that stamp as invisible write intents, and makes them visible by the
 * commit. Every error before the commit leads to the abort.
 *
 * @throws Conflict, LostClaim, IdTaken, Unavailable.
 */
export async function writeLong(attempt: Attempt): Promise<AttemptEnd> {
  const { context, txId, plans } = attempt;
  invariant(attempt.drawnStamp === undefined || plans.length === 1, 'a stamp is of one tenant');
  const drawn = await Promise.allSettled(
    plans.map(async (plan): Promise<Part> => {
      const stamp = attempt.drawnStamp ?? (await register(context, plan.tenant, txId));
      return { tenant: plan.tenant, txId, stamp, delta: plan.delta };
    }),
  );
  const lostPuts: AnswerLost[] = [];
  const parts = drawn.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    for (const one of drawn) if (one.status === 'rejected') throw one.reason;
    const stamped = plans.map((plan, index) => {
      const part = present(parts[index], 'each plan has drawn its stamp');
      return { plan, part, stamp: part.stamp };
    });
    const begun = await Promise.all(stamped.map(({ plan, stamp }) => putManifest(attempt, plan, stamp)));
    if (begun.includes(false)) throw new Missed('Declared dead before it began');
    await inParallel(
      stamped.flatMap(({ plan, part }) => carriers(attempt, plan, part, lostPuts)),
      requestsAtOnceMax,
      (carry) => carry(),
    );
    await putAnswer(attempt);
  } catch (error) {
    await abandon(attempt, parts);
    // A lost put may land after a next attempt has written the same id: so there is no next attempt.
    if (lostPuts.length > 0)
      throw new Unavailable('A write got no answer and was rolled back', { cause: lostPuts[0] });
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

/**
 * Puts the manifest before the first record, so that recovery finds every trace.
 *
 * @returns false if the transaction was fenced: it was declared dead before it began.
 */
async function putManifest(
  { context, txId, author }: Attempt,
  plan: TenantPlan,
  stamp: number,
): Promise<boolean> {
  const details = { stamp, ...author, at: timestamp(context.now()) };
  const written = await context.store.put({
    ...newManifest(context, manifestOf(context.ledger, plan, txId, details)),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  return written.done || written.item?.n === stamp;
}

/**
 * The requests that write the records of one tenant.
 *
 * Creations go by BatchWriteItem, which costs half of a TransactWriteItems and takes no condition: an echo of
 * it could overwrite what came later, so it is never sent again unless DynamoDB said that it did nothing. Few
 * creations, those of names (which other transactions may create as well), and all changes go by
 * TransactWriteItems for the sake of their conditions; the atomicity of each request is of no use here.
 *
 * @param lostPuts collects the BatchWriteItems without an answer.
 * @param part learns how large the tenant's partition is.
 */
function carriers(
  { context }: Attempt,
  plan: TenantPlan,
  part: Part,
  lostPuts: AnswerLost[],
): (() => Promise<void>)[] {
  const { stamp } = part;
  const [drawn, others] = partition(plan.writes, ({ id, kind }) => kind === 'create' && !isName(id));
  const many = drawn.length > context.limits.short;
  const conditional = many ? others : plan.writes;
  const unconditional = many ? drawn : [];

  const putChunk = async (chunk: RecordWrite[]) => {
    const wait = context.store.backoff();
    let left: Item[] = chunk.flatMap((write) => write.action(context.records, stamp).Put?.Item ?? []);
    // Ends at the deadline, by the backoff.
    for (;;) {
      const { unprocessed, partitionGb } = await context.store
        .putMany(context.records, left)
        .catch((error: unknown) => {
          if (error instanceof AnswerLost) lostPuts.push(error);
          throw error;
        });
      part.partitionGb = largest(part.partitionGb, partitionGb);
      if (unprocessed.length === 0) return;
      await wait();
      left = unprocessed;
    }
  };

  const transactChunk = async (chunk: RecordWrite[]) => {
    const actions = chunk.map((write) => write.action(context.records, stamp));
    const wait = context.store.backoff();
    // Ends at the deadline, by the backoff.
    for (;;) {
      const reply = await transactAgain(context.store, actions);
      if (reply.done) {
        part.partitionGb = largest(part.partitionGb, reply.partitionGb);
        return;
      }
      const items = reply.reasons.map(({ failed, item }) => (failed && item ? recordFrom(item) : undefined));
      for (const [index, { failed }] of reply.reasons.entries()) {
        const item = items[index];
        if (!failed || item?.tx === stamp) continue;
        if (chunk[index]?.kind === 'create' && item) await clearId(context, plan.tenant, item);
        throw new Missed('A record was written by another transaction');
      }
      // All have its own stamp or none yet: an earlier sending, whose answer was lost, is being applied.
      if (items.every((item) => item?.tx === stamp)) return;
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

const largest = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);

/** Chunks of as many writes as one TransactWriteItems takes, by number and by size. */
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

/** Keeps the answer before the commit, where no crash can lose it: it counts only after the commit. */
async function putAnswer({ context, answer }: Attempt): Promise<void> {
  if (!answer) return;
  const written = await context.store.update(answer);
  if (!written.done) throw new LostClaim();
}

/**
 * Aborts and rolls back. Where that fails, recovery does it by the message that was sent before. The entries
 * stay in HEAD for the grace period in either case, because late requests may still land.
 */
async function abandon({ context, txId }: Attempt, parts: Part[]): Promise<void> {
  await Promise.allSettled(
    parts.map(async ({ tenant, stamp }) => {
      if ((await abort(context, tenant, txId, stamp)) === 'aborted')
        await clear(context, tenant, txId, stamp);
    }),
  );
}
