import { errorCodes } from './error-codes.ts';
import { type InputIssue, InvalidInput, Problem, type ProblemCode, type Spelling } from './problem.ts';

/**
 * A problem with its own `error_code`, and optionally its own status, in place of those of its `ProblemCode`.
 */
export class CodedProblem extends Problem {
  override readonly name = 'CodedProblem';
  readonly errorCode: string;
  readonly status: number | undefined;

  constructor(
    code: ProblemCode,
    errorCode: string,
    message: string,
    options: ConstructorParameters<typeof Problem>[2] & { status?: number } = {},
  ) {
    super(code, message, options);
    this.errorCode = errorCode;
    this.status = options.status;
  }
}

/** The first characters of a message that lists every issue. */
const messageLengthMax = 1_000;
/** Further issues are left out of `details`. */
const issuesShownMax = 20;

function fieldOf({ place, issue }: InputIssue) {
  if (place === 'query' && issue.code === 'unrecognized_keys')
    return { field: issue.keys.join(), issue: issue.message };
  return { field: issue.path.map(String).join('.') || place, issue: issue.message };
}

function validationOf(problem: InvalidInput): { message: string; details: object } {
  const issues = problem.issues.map(fieldOf);
  const [first] = problem.issues;
  if (first?.place === 'path') return { message: first.issue.message, details: {} };
  if (problem.code !== 'invalid') return { message: problem.message, details: {} };
  const message = issues.map(({ field, issue }) => `${field}: ${issue}`).join('; ');
  return {
    message: `Invalid request: ${message}`.slice(0, messageLengthMax),
    details: { issues: issues.slice(0, issuesShownMax) },
  };
}

/** The problem format of several APIs: `{"error":true,"message","error_code","details"}`. */
export const codedSpelling: Spelling = (problem) => {
  if (problem instanceof InvalidInput) {
    const { message, details } = validationOf(problem);
    return { body: { error: true, message, error_code: errorCodes[problem.code], details } };
  }
  const own = problem instanceof CodedProblem ? problem : undefined;
  const message = problem.code === 'unauthenticated' ? 'Authentication required' : problem.message;
  return {
    ...(own?.status ? { status: own.status } : {}),
    body: {
      error: true,
      message,
      error_code: own?.errorCode ?? errorCodes[problem.code],
      details: problem.details,
    },
  };
};
