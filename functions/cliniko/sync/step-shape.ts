import * as z from 'zod';

/** What a workflow hands to each step: which attempt of which sync. Where it stands is in the table. */
export const StepInput = z.object({
  tenant: z.string(),
  orgId: z.string(),
  syncId: z.int(),
  attempt: z.int(),
  /** How many steps the execution has done. */
  turn: z.int(),
});
export type StepInput = z.output<typeof StepInput>;

/** What a workflow does next, and from when on. */
export const Next = z.object({
  do: z.enum(['begin', 'page', 'removals', 'finish', 'end']),
  turn: z.int(),
  until: z.string().optional(),
});
export type Next = z.output<typeof Next>;
