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

/** The most issues that one answer lists: enough to mend a form, and no book. */
const issuesShownMax = 20;

/** A problem whose answer has further fields beside those that every problem has, such as counters that are zero. */
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
  const constraint = names.length > 0 ? `Unknown field: ${names.join(', ').slice(0, 300)}` : issue.message;
  return { field: path.join('.') || place, constraint };
}

/** The first issue is what the caller is told in a sentence; with several, all come in a list. */
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
 * Problems as this API words them: `{"success":false,"message","error_code","details"}`.
 *
 * @param counters what an endpoint's answer also has when its input is refused, such as `{ total_contacts: 0 }`.
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

export const messagingErrors: Spelling = spelledWith({});

/**
 * Problem `invalid` for a file that cannot be read. Its message tells the sender what to do and quotes nothing
 * of the file.
 */
export const unreadable = (message: string, constraint = message): Problem =>
  new Problem('invalid', message, { details: { field: 'file', constraint } });
