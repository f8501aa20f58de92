import type { AnswerUpdate } from './change.ts';
import type { Context } from './context.ts';
import type { HeadItem } from './items.ts';
import type { TenantPlan } from './plan.ts';

/** The user's id, and the caller's note about the request. */
interface Author {
  user: string;
  note?: string;
}

/** One attempt to write what was decided, under one txId. */
export interface Attempt {
  txId: string;
  /** The author in the audit record. */
  author: Author;
  plans: TenantPlan[];
  answer: AnswerUpdate | undefined;
  context: Context;
  heads: Map<string, HeadItem | undefined>;
  /**
   * The stamp of an attempt that drew it before it read, to wait for its turn. Such an attempt has one plan.
   */
  drawnStamp?: number;
}

/** `conflict`: this attempt has written nothing that stays, and another may be made from fresh reads. */
export type AttemptEnd = 'committed' | 'conflict';
