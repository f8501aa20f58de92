import { MessagingProblem } from '../errors.ts';

/** Several contacts were asked for and some, or all, do not exist: written as the API's first clients know it, as a Python list. */
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
