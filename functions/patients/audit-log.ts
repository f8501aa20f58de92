import type { HistoryQuestion, Manifest } from '../../core/ledger/ledger.ts';

export const actions = ['CREATE', 'UPDATE', 'DELETE'] as const;
type Action = (typeof actions)[number];

const actionOf = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE' } as const;
const kindOf = { CREATE: 'create', UPDATE: 'update', DELETE: 'delete' } as const;

/** Note of transactions of the endpoints for one patient, which distinguishes them from batches of one. */
export const singleNote = 'single';

/** Place of a line in the log: its transaction, and the position of its record in that. */
interface Place {
  txId: string;
  position: number;
}

export interface LogQuestion {
  /** Lines of the page, at most. */
  limit: number;
  /** The last line of the previous page (keyset pagination). */
  place: Place | undefined;
  /** The id of the record whose lines are wanted; undefined for all. */
  resource: string | undefined;
  action: Action | undefined;
}

/** Kinds of records whose changes are in the log. */
export const resourceTypes = ['patient', 'api_key'] as const;

/** A transaction of the log, whose records are all of one kind. */
export type Logged = Manifest & { resourceType: (typeof resourceTypes)[number] };

/** Reads the transactions of one page, the newest first. */
export type History = (question: HistoryQuestion) => Promise<{ transactions: Logged[]; next?: string }>;

/**
 * Lines of a transaction, one for each record. They hold ids and positions only, never personal data.
 */
function linesOf({ tenant, actor, note, at, changes, resourceType }: Logged) {
  return changes.map(({ id, kind }, position) => ({
    timestamp: at,
    user_id: actor,
    tenant_id: tenant,
    action: actionOf[kind],
    resource_type: resourceType,
    resource_id: id,
    details: { batch_operation: note !== singleNote, batch_position: position, batch_total: changes.length },
  }));
}

/**
 * A page of the log: the newest transactions first, and each in the order of its request. A page may end
 * within a transaction, so a place names a line.
 *
 * @returns the lines, and the place after which the next page begins; undefined after the last page.
 */
export async function logPage(history: History, { limit, place, resource, action }: LogQuestion) {
  // The transaction of the last line is read again for its other lines, so the limit is one more. `after` is
  // exclusive and the order descending: a tilde sorts after every character of an id.
  const question = { resource, action: action && kindOf[action], limit: limit + 1 };
  const { transactions, next } = await history({ ...question, after: place && `${place.txId}~` });
  const found = transactions.flatMap((transaction) =>
    linesOf(transaction)
      .map((line) => ({ line, place: { txId: transaction.txId, position: line.details.batch_position } }))
      .filter(
        ({ line }) => (!resource || line.resource_id === resource) && (!action || line.action === action),
      )
      .filter((entry) => entry.place.txId !== place?.txId || entry.place.position > place.position),
  );
  const page = found.slice(0, limit);
  const last = page.at(-1)?.place;
  const behind = next === undefined ? undefined : { txId: next, position: Number.MAX_SAFE_INTEGER };
  return { logs: page.map(({ line }) => line), next: found.length > limit ? last : behind };
}
