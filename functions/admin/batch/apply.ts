import { InFlight } from '../../../core/http/problem.ts';
import type { AnswerWith } from '../../../core/http/serve.ts';
import { type AnswerUpdate, answerAction } from '../../../core/ledger/change.ts';
import { itemsAt, tooBusy, transact, WRITES } from '../records/store.ts';
import { keysOf, type Operation, type OperationType, plan, type Verdict } from './operation.ts';

export interface BulkRequest {
  type: OperationType;
  tenant: string;
  ids: number[];
  /** The same for all. */
  data: unknown;
}

/** How often a part is planned anew because somebody came between. */
const PLANS = 20;

/**
 * Does one thing to up to a hundred records, each by itself: a record that cannot be changed keeps none of the others back. An id that came
 * several times is done once and reported at each of its places.
 *
 * Fifty records are one transaction, and what keeps the caller's answer under its idempotency key is part of the last.
 *
 * @param replyOf makes the reply of what became of each id, in the order of the request.
 * @throws Problem `conflict` if others were always in the way, InFlight if another request took over the idempotency key.
 */
export async function applyBulk<T>(
  { type, tenant, ids, data }: BulkRequest,
  now: number,
  answer: AnswerWith,
  replyOf: (verdicts: Verdict[]) => T,
): Promise<T> {
  const distinct = [...new Set(ids)];
  const operations = distinct.map((id): Operation => ({ id, data }));
  const verdicts = new Map<number, Verdict>();
  const reply = () => replyOf(ids.map((id) => verdicts.get(id) ?? { error: 'Not looked at' }));
  let given: T | undefined;
  for (let from = 0; from < operations.length; from += WRITES) {
    const part = operations.slice(from, from + WRITES);
    const isLast = from + WRITES >= operations.length;
    await applied(type, tenant, part, now, async (planned) => {
      for (const [place, verdict] of planned.entries()) verdicts.set(part[place]?.id ?? 0, verdict);
      if (!isLast) return undefined;
      given = reply();
      return await answer(undefined, given);
    });
  }
  return given ?? reply();
}

async function applied(
  type: OperationType,
  tenant: string,
  part: Operation[],
  now: number,
  keep: (verdicts: Verdict[]) => Promise<AnswerUpdate | undefined>,
): Promise<void> {
  for (let time = 0; time < PLANS; time++) {
    const found = await itemsAt(keysOf(type, tenant, part));
    const { verdicts, actions } = plan(type, tenant, part, found, now);
    const kept = await keep(verdicts);
    const writes = [...actions.values()].flat();
    // Without a write there is nothing that an answer would have to commit with.
    if (writes.length === 0) return;
    const answered = kept ? [answerAction(kept)] : [];
    const failed = await transact([...writes, ...answered]);
    if (failed.length === 0) return;
    if (failed.includes(writes.length)) throw new InFlight();
  }
  throw tooBusy();
}
