import { InFlight } from '../../../core/http/problem.ts';
import type { AnswerWith } from '../../../core/http/serve.ts';
import { present } from '../../../core/invariant.ts';
import { type AnswerUpdate, answerAction } from '../../../core/ledger/change.ts';
import { getItems, recordsPerTransaction, tooBusy, transact } from '../records/store.ts';
import {
  type ChangeOf,
  keysOfOperations,
  planOperations,
  type RecordOf,
  type RecordOperation,
  type Verdict,
} from './operation.ts';
import type { AdminOperationType } from './operation-types.ts';

interface BulkRequest<T extends AdminOperationType> {
  type: T;
  tenant: string;
  ids: number[];
  /** The same for all. */
  data: ChangeOf[T];
}

/** Number of times that a part is planned, if others change its records in between. */
const plansMax = 20;

/**
 * Applies one change to up to a hundred records, each independently: a record that cannot be changed does not
 * affect the others. An id that is given several times is processed once and reported at each of its places.
 *
 * Fifty records are one transaction, and the caller's answer under its idempotency key is stored in the last.
 *
 * @param replyOf makes the reply from the outcome of each id, in the order of the request.
 * @throws Problem `conflict` if others changed the records at each try, InFlight if another request took over
 * the idempotency key.
 */
export async function applyBulk<T extends AdminOperationType, Reply>(
  { type, tenant, ids, data }: BulkRequest<T>,
  now: number,
  answer: AnswerWith,
  replyOf: (outcomes: ({ id: number } & Verdict<RecordOf[T]>)[]) => Reply,
): Promise<Reply> {
  const operations = [...new Set(ids)].map((id) => ({ id, data }));
  const verdicts = new Map<number, Verdict<RecordOf[T]>>();
  const reply = () =>
    replyOf(
      ids.map((id) => ({ id, ...present(verdicts.get(id), 'each id was processed before the reply') })),
    );
  let given: Reply | undefined;
  for (let from = 0; from < operations.length; from += recordsPerTransaction) {
    const part = operations.slice(from, from + recordsPerTransaction);
    const isLast = from + recordsPerTransaction >= operations.length;
    await applyPart(type, tenant, part, now, async (planned) => {
      for (const [place, { id }] of part.entries())
        verdicts.set(id, present(planned[place], 'each operation has a verdict'));
      if (!isLast) return undefined;
      given = reply();
      return await answer(undefined, given);
    });
  }
  return given ?? reply();
}

async function applyPart<T extends AdminOperationType>(
  type: T,
  tenant: string,
  part: RecordOperation<ChangeOf[T]>[],
  now: number,
  keep: (verdicts: Verdict<RecordOf[T]>[]) => Promise<AnswerUpdate | undefined>,
): Promise<void> {
  for (let time = 0; time < plansMax; time++) {
    const found = await getItems(keysOfOperations(type, tenant, part));
    const { verdicts, actions } = planOperations(type, tenant, part, found, now);
    const kept = await keep(verdicts);
    const writes = [...actions.values()].flat();
    // Without a write there is nothing that the answer would have to commit with.
    if (writes.length === 0) return;
    const answered = kept ? [answerAction(kept)] : [];
    const failed = await transact([...writes, ...answered]);
    if (failed.length === 0) return;
    if (failed.includes(writes.length)) throw new InFlight();
  }
  throw tooBusy();
}
