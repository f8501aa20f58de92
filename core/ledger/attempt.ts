import type { AnswerUpdate } from './change.ts';
import type { Context } from './context.ts';
import type { HeadItem } from './items.ts';
import type { TenantPlan } from './plan.ts';

/** The user's id, and the caller's own word about the request. */
interface Author {
  user: string;
  note?: string;
}

/** One attempt to write what was decided, under one batch id. */
export interface Attempt {
  txId: string;
  /** What the audit record tells of who wrote it. */
  author: Author;
  plans: TenantPlan[];
  answer: AnswerUpdate | undefined;
  context: Context;
  heads: Map<string, HeadItem | undefined>;
  /** The stamp already drawn, where the batch queued for its turn. */
  ticket?: number;
}

/** `conflict`: nothing was or will be written by this attempt, and another may be made from fresh reads. */
export type AttemptEnd = 'committed' | 'conflict';
