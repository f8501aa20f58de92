import * as z from 'zod';
import { message } from '../../../core/version.ts';

const attempt = z.object({ tenant: z.string(), orgId: z.string(), syncId: z.int(), attempt: z.int() });

/** Input of each step of the workflow: an attempt of a sync. The position of the run is in the table. */
export const StepInput = message(
  'step of a sync',
  attempt.extend({
    /** Steps that the execution has run. */
    turn: z.int(),
  }),
);
export type StepInput = z.output<typeof StepInput>;

/** Input of the step that ends an attempt with the name of an error. */
export const FailInput = message('failed step of a sync', attempt.extend({ error: z.string() }));

/** The next step of the workflow, and the earliest time for it (RFC 3339; at once without one). */
export const Next = z.object({
  do: z.enum(['begin', 'page', 'removals', 'finish', 'end']),
  turn: z.int(),
  until: z.string().optional(),
});
export type Next = z.output<typeof Next>;
