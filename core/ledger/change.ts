import type { Action, Update } from '../dynamo/store.ts';
import type { TransactionRef } from './transaction-ref.ts';

/**
 * Every document knows its id. Ids are made by the caller: unique, never used again, and their order is the order of lists.
 *
 * An id that begins with `~` is a *name*: made from what its record stands for, so that two batches may create the same one. Then the
 * second decides again, and finds it. It is of one tenant, as every id is. Named records are never deleted, and are in no list and no `op:` counter. Ids are in logs and audit
 * records, so a name must not give away what it is made from.
 */
export interface Stored {
  id: string;
}

/** One change of one record. An update gives the whole new document. Documents are JSON values: an `undefined` is an absent attribute. */
export type Change<T> =
  | { kind: 'create' | 'update'; tenant: string; document: T }
  | { kind: 'delete'; tenant: string; id: string };

/**
 * A conditional UpdateItem on another table. It must be repeatable: its condition still holds after it took effect,
 * since a lost answer makes the protocol send it again.
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

/** The same as a part of a transaction. */
export const answerAction = (answer: AnswerUpdate): Action => ({
  Update: { ...answer, UpdateExpression: answer.UpdateExpression ?? '' },
});

/** A committed record, and whose it is. */
export interface FoundRecord<T> {
  tenant: string;
  document: T;
}

export interface WriteRequest<T, R> {
  /** The user's id. It goes into the audit record. */
  actor: string;
  /** A word of the caller's for the audit record, such as the operation that asked. Never personal data. */
  note?: string;
  /** The records that `decide` needs, without duplicates. */
  reads: { tenant: string; id: string }[];
  /**
   * From the committed records found to what changes and what is answered. Pure: it is called again after a conflict.
   * What it throws passes through, and nothing is written; no changes also means that nothing is written.
   * An update or delete must be of a record found.
   */
  decide(found: ReadonlyMap<string, FoundRecord<T>>): { changes: Change<T>[]; result: R };
  /**
   * The answer to keep with the commit. It may be written by a batch that is aborted afterwards, so a reader of it
   * asks `outcomeOf` first. Its condition failing means that another request took over: `LostClaim`.
   */
  answer?: (txId: TransactionRef, result: R) => AnswerUpdate | undefined | Promise<AnswerUpdate | undefined>;
}
