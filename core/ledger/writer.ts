import { currentDeadlineMs } from '../deadline.ts';
import { PartitionFull } from '../dynamo/errors.ts';
import type { AttemptEnd } from './attempt.ts';
import type { Stored, WriteRequest } from './change.ts';
import { readCommitted } from './committed.ts';
import { type Context, until } from './context.ts';
import { Conflict, TooManyTenants } from './errors.ts';
import { forget, fullnessOf, readHead, register } from './head.ts';
import { documentOf, type HeadItem, isName, type RecordItem, tenantOf } from './items.ts';
import { writeLong } from './long-transaction.ts';
import { planOf, type TenantPlan } from './plan.ts';
import { type LastMessages, type RecoveryMessages, recoveryMessages } from './recovery-messages.ts';
import { isShort, writeShort } from './short-transaction.ts';
import { newTxId } from './transaction-id.ts';
import type { TransactionRef } from './transaction-ref.ts';
import { waitForTurn } from './turn.ts';

/** A TransactWriteItems has 100 actions, and a commit over several tenants needs one of them for MULTI. */
const tenantsMax = 99;
/** After this many conflicts the writer throws Conflict, even if there is time left. */
const attemptsMax = 12;

export interface WriterDefinition<T extends Stored> {
  counters(document: T): string[];
  scheduleRecovery(transaction: TransactionRef, delaySeconds: number): Promise<void>;
}

interface Decision<R> {
  plans: TenantPlan[];
  result: R;
}

/**
 * Writes one request, in up to 12 attempts within its lease.
 *
 * @throws Conflict, Unavailable, LostClaim, TooManyTenants, TooManyRecords, IdTaken, and the errors of
 * `decide` and `scheduleRecovery`.
 */
export async function write<T extends Stored, R>(
  base: Context,
  definition: WriterDefinition<T>,
  last: LastMessages,
  request: WriteRequest<T, R>,
): Promise<R> {
  const begunMs = base.now();
  const endMs = Math.min(begunMs + base.leaseMs, currentDeadlineMs());
  const context = until(base, endMs);
  // The attempts wait for rivals during half of the time; the other half is for the work.
  const patienceEndMs = (begunMs + endMs) / 2;
  // Ends at `patienceEndMs`, or after `attemptsMax` attempts.
  for (let attempts = 1; ; attempts++) {
    const txId = newTxId(context.now(), context.random);
    const messages = recoveryMessages(context, definition.scheduleRecovery, last, txId);
    try {
      const attempt = { context, definition, request, txId, messages, patienceEndMs };
      const end = attempts === 1 ? await attemptAtOnce(attempt) : await attemptInTurn(attempt);
      if (end !== 'conflict') return end.result;
    } finally {
      await messages.ended();
    }
    if (attempts === attemptsMax || context.now() > patienceEndMs)
      throw new Conflict('Other transactions keep changing the same records');
    await context.pause(20 * attempts * context.random());
  }
}

interface Attempting<T extends Stored, R> {
  context: Context;
  definition: WriterDefinition<T>;
  request: WriteRequest<T, R>;
  txId: string;
  messages: RecoveryMessages;
  patienceEndMs: number;
}

/** The tenants that a request is known to concern before it has read anything. */
function tenantsOf<T extends Stored, R>({ request }: Attempting<T, R>): string[] {
  if (request.reads.length > 0) return [...new Set(request.reads.map((read) => read.tenant))];
  return [...new Set(request.decide(new Map()).changes.map((change) => change.tenant))];
}

/** The optimistic attempt: it reads, decides and writes without waiting for rivals. */
async function attemptAtOnce<T extends Stored, R>(
  attempt: Attempting<T, R>,
): Promise<'conflict' | { result: R }> {
  return readAndWrite(attempt, tenantsOf(attempt));
}

/**
 * The attempt after a conflict: it draws its stamp first and waits for its turn. Over several tenants, where
 * turns could deadlock, it tries again optimistically.
 */
async function attemptInTurn<T extends Stored, R>(
  attempt: Attempting<T, R>,
): Promise<'conflict' | { result: R }> {
  const { context, txId, messages, patienceEndMs } = attempt;
  const tenants = tenantsOf(attempt);
  const [tenant] = tenants;
  if (tenants.length !== 1 || tenant === undefined) return readAndWrite(attempt, tenants);
  await messages.of(tenants);
  const drawn: DrawnStamp = { tenant, stamp: await register(context, tenant, txId), isUsed: false };
  try {
    await waitForTurn(context, tenant, drawn.stamp, patienceEndMs);
    return await readAndWrite(attempt, tenants, drawn);
  } finally {
    // Nothing was written under an unused stamp, so its entry needs no grace period.
    if (!drawn.isUsed) await forget(context, tenant, txId, drawn.stamp).catch(() => undefined);
  }
}

/** A stamp that was drawn before the records were read. */
interface DrawnStamp {
  tenant: string;
  stamp: number;
  /** True once records may have been written under it. */
  isUsed: boolean;
}

async function readAndWrite<T extends Stored, R>(
  attempt: Attempting<T, R>,
  tenants: string[],
  drawn?: DrawnStamp,
): Promise<'conflict' | { result: R }> {
  const { context, request, txId, messages, patienceEndMs } = attempt;
  const [{ records, heads }] = await Promise.all([
    readCommitted(context, request.reads, tenants, patienceEndMs),
    messages.of(tenants),
  ]);
  const { plans, result } = decide(attempt, records);
  const [first] = plans;
  if (!first) return { result };
  if (plans.length > tenantsMax)
    throw new TooManyTenants(`A request may change at most ${tenantsMax} tenants, not ${plans.length}`);
  const others = plans.map((plan) => plan.tenant).filter((tenant) => !heads.has(tenant));
  await messages.of(others);
  for (const tenant of others) heads.set(tenant, await readHead(context, tenant));
  refuseGrowth(context, plans, heads);
  const answer = await request.answer?.({ ledger: context.ledger, tenant: first.tenant, txId }, result);
  const author = { user: request.actor, ...(request.note === undefined ? {} : { note: request.note }) };
  const writing = { context, txId, author, plans, answer, heads };
  // A transaction over several tenants writes under the drawn stamp, too: it registers again, and finds it.
  const isDrawn = drawn !== undefined && plans.some(({ tenant }) => tenant === drawn.tenant);
  if (isDrawn) drawn.isUsed = true;
  let end: AttemptEnd;
  if (isDrawn && plans.length === 1) end = await writeLong({ ...writing, drawnStamp: drawn.stamp });
  else if (plans.length === 1 && isShort(first, context.limits)) end = await writeShort(writing, first);
  else end = await writeLong(writing);
  return end === 'committed' ? { result } : end;
}

/**
 * Names do not count: they have a partition of their own, and an opt-out, which is one, must never be
 * refused.
 *
 * @throws PartitionFull for new records of a tenant whose partition is almost full.
 */
function refuseGrowth(context: Context, plans: TenantPlan[], heads: Map<string, HeadItem | undefined>): void {
  for (const plan of plans) {
    const grows = plan.writes.some(({ kind, id }) => kind === 'create' && !isName(id));
    if (!grows) continue;
    const fullness = fullnessOf(heads.get(plan.tenant), context.now());
    if (fullness === 'full' || (fullness === 'probably full' && !isShort(plan, context.limits)))
      throw new PartitionFull();
  }
}

function decide<T extends Stored, R>(
  { request, definition }: Attempting<T, R>,
  records: RecordItem[],
): Decision<R> {
  const found = new Map(records.filter((record) => !record.x).map((record) => [record.sk, record]));
  const documents = new Map(
    [...found].map(([id, record]) => [id, { tenant: tenantOf(record), document: documentOf<T>(record) }]),
  );
  const { changes, result } = request.decide(documents);
  return { plans: planOf(changes, found, definition.counters), result };
}
