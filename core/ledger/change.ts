import type { Action, Update } from '../dynamo/store.ts';
import type { TransactionRef } from './transaction-ref.ts';

/**
 * A document with its id. The caller makes the ids: they are unique, never used again, and their order is the
 * order of lists.
 *
 * An id that begins with `~` is a *name* (a unique key): it derives from what its record stands for, so two
 * transactions may create the same one. The second then decides again, and finds it. Every id, also a name,
 * is of one tenant. Named records are never deleted, and are in no list and no `op:` counter. Ids appear in
 * logs and audit records, so a name must not reveal what it derives from.
 */
export interface Stored {
  id: string;
}

/**
 * One change of one record. An update has the whole new document. Documents are JSON values: an `undefined`
 * is an absent attribute.
 */
export type Change<T> =
  | { kind: 'create' | 'update'; tenant: string; document: T }
  | { kind: 'delete'; tenant: string; id: string };

/**
 * A conditional UpdateItem on another table. It must be idempotent: its condition still holds after it took
 * effect, since the protocol sends it again after a lost answer.
 */
export type AnswerUpdate = Pick<
  Update,
  | 'TableName'
  | 'Key'
  | 'UpdateExpression'
  | 'ConditionExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
>;

/** The update as an action of a TransactWriteItems. */
export const answerAction = (answer: AnswerUpdate): Action => ({
  Update: { ...answer, UpdateExpression: answer.UpdateExpression ?? '' },
});

/** A committed document and its tenant. */
export interface FoundRecord<T> {
  tenant: string;
  document: T;
}

export interface WriteRequest<T, R> {
  /** The user's id, for the audit record. */
  actor: string;
  /** The caller's note for the audit record, such as the name of the operation. Never personal data. */
  note?: string;
  /** The records that `decide` needs, without duplicates. */
  reads: { tenant: string; id: string }[];
  /**
   * Decides, from the committed records found, on the changes and the result. Pure: it is called again after
   * a conflict. If it throws, the error passes through and nothing is written; nothing is written for an
   * empty list of changes either. An update or delete must be of a record found.
   */
  decide(found: ReadonlyMap<string, FoundRecord<T>>): { changes: Change<T>[]; result: R };
  /**
   * The answer to keep with the commit. A transaction that is aborted afterwards may have written it, so a
   * reader of it asks `outcomeOf` first. If its condition fails, another request took over: `LostClaim`.
   */
  answer?: (ref: TransactionRef, result: R) => AnswerUpdate | undefined | Promise<AnswerUpdate | undefined>;
}
