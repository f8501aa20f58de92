import { errorCodes } from '../../core/http/error-codes.ts';
import {
  type InputIssue,
  InvalidInput,
  Problem,
  type ProblemCode,
  type ProblemOptions,
  type Spelling,
} from '../../core/http/problem.ts';
import { present } from '../../core/invariant.ts';

/** Issues that one answer lists: enough to correct a form without an oversized answer. */
const issuesShownMax = 20;

/** Problem whose answer has fields beyond those of every problem, such as counters that are zero. */
export class MessagingProblem extends Problem {
  override readonly name = 'MessagingProblem';
  readonly fields: Record<string, unknown>;

  constructor(
    code: ProblemCode,
    message: string,
    fields: Record<string, unknown>,
    options: ProblemOptions = {},
  ) {
    super(code, message, options);
    this.fields = fields;
  }
}

function flawOf({ place, issue }: InputIssue) {
  const names = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => key.slice(0, 64)) : [];
  const path = [...issue.path.map(String), ...names.slice(0, 1)];
  const constraint =
    names.length === 0
      ? issue.message
      : place === 'query'
        ? `${names.join()} ${issue.message}`
        : `Unknown field: ${names.join(', ').slice(0, 300)}`;
  return { field: path.join('.') || place, constraint };
}

/** The message states the first issue in a sentence; if there are several, `details.issues` lists them. */
function validationOf(problem: InvalidInput) {
  if (problem.code !== 'invalid') return { message: problem.message, details: {} };
  const flaws = problem.issues.map(flawOf);
  const first = present(flaws[0], 'an invalid input has an issue');
  const code = problem.issues[0]?.issue.code;
  const isSentence = code === 'custom' || code === 'unrecognized_keys';
  return {
    message: isSentence ? first.constraint : `${first.field}: ${first.constraint}`,
    details: { ...first, ...(flaws.length > 1 ? { issues: flaws.slice(0, issuesShownMax) } : {}) },
  };
}

/**
 * Error body of this API: `{"success":false,"message","error_code","details"}`.
 *
 * @param counters fields added to the answer when the input is refused, such as `{ total_contacts: 0 }`.
 */
export const spelledWith =
  (counters: Record<string, unknown>): Spelling =>
  (problem) => {
    const error_code = errorCodes[problem.code];
    if (problem instanceof InvalidInput)
      return { body: { success: false, ...validationOf(problem), error_code, ...counters } };
    const message = problem.code === 'unauthenticated' ? 'Authentication required' : problem.message;
    const fields = problem instanceof MessagingProblem ? problem.fields : {};
    return { body: { success: false, message, error_code, details: problem.details, ...fields } };
  };

/** Error bodies of endpoints without counters. */
export const messagingErrors: Spelling = spelledWith({});

/**
 * Problem `invalid` for a file that cannot be read. Its message tells the sender what to do and quotes
 * nothing of the file.
 */
export const unreadable = (message: string, constraint = message): Problem =>
  new Problem('invalid', message, { details: { field: 'file', constraint } });
