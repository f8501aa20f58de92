import { MessagingProblem } from '../errors.ts';

/**
 * Some or all of several contacts do not exist. The message lists them as a Python list, as existing clients
 * expect.
 */
export const contactsNotFound = (missing: string[], requested: number, counter: string): MessagingProblem =>
  new MessagingProblem(
    'not_found',
    `Some contacts not found: [${missing.map((id) => `'${id}'`).join(', ')}]`,
    {
      [counter]: 0,
      total_requested: requested,
      errors: missing.map((id) => `Contact with ID ${id} not found`),
    },
  );
