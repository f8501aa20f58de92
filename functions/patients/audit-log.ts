import type { HistoryQuestion, Manifest } from '../../core/ledger/ledger.ts';

export const actions = ['CREATE', 'UPDATE', 'DELETE'] as const;
export type Action = (typeof actions)[number];

const actionOf = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE' } as const;
const kindOf = { CREATE: 'create', UPDATE: 'update', DELETE: 'delete' } as const;

/** What the audit record of a single record's endpoint says, to tell it from a batch of one. */
export const SINGLE = 'single';

/** A line of the log: a batch, and which of its records. */
interface Place {
  txId: string;
  position: number;
}

export interface LogQuestion {
  /** At most this many lines. */
  limit: number;
  /** The last line seen. */
  place: Place | undefined;
  /** Only lines about the record with this id. */
  resource: string | undefined;
  action: Action | undefined;
}

type History = (question: HistoryQuestion) => Promise<{ transactions: Manifest[]; next?: string }>;

/** One line for each record of a batch. Ids and positions only: the log tells who did what to whom, never what about them. */
export function linesOf({ tenant, actor, note, at, changes }: Manifest) {
  return changes.map(({ id, kind }, position) => ({
    timestamp: at,
    user_id: actor,
    tenant_id: tenant,
    action: actionOf[kind],
    resource_type: 'patient' as const,
    resource_id: id,
    details: { batch_operation: note !== SINGLE, batch_position: position, batch_total: changes.length },
  }));
}

/**
 * A page of the log, newest batch first, each batch in the order of its request. A batch may end in the middle of a page, so a place is a
 * line and not a batch.
 */
export async function logPage(history: History, { limit, place, resource, action }: LogQuestion) {
  // The batch of the last line is asked for again, and so one more than the page may need: `after` is exclusive, and a tilde sorts behind
  // every batch id that begins alike.
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
