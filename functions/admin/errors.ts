import { errorCodes } from '../../core/http/error-codes.ts';
import {
  type InputIssue,
  InvalidInput,
  MalformedJson,
  type Problem,
  type ProblemCode,
  type Spelling,
} from '../../core/http/problem.ts';

/** The codes of this API for the kinds of problems. */
const codes: Record<ProblemCode, string> = {
  ...errorCodes,
  malformed_json: 'INVALID_PARAMETERS',
  invalid: 'INVALID_PARAMETERS',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  not_found: 'RESOURCE_NOT_FOUND',
  route_not_found: 'RESOURCE_NOT_FOUND',
};

/** Messages that are the same for every problem of a kind. */
const messages: Partial<Record<ProblemCode, string>> = {
  malformed_json: 'Invalid request parameters',
  invalid: 'Invalid request parameters',
  forbidden: 'Admin permissions required',
  internal: 'An unexpected error occurred',
};

/**
 * The field of an issue, such as `operations[2].data.status`; for the request as a whole its place, such as
 * `body`.
 */
function fieldOf({ place, issue }: InputIssue): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const name = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
  return name || place;
}

function issueOf({ place, issue }: InputIssue): string {
  if (issue.code === 'unrecognized_keys' && place !== 'query') return 'is not a field of this request';
  // Issues without a message of ours.
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return issue.input === undefined ? 'is required' : `must be an ${issue.expected}`;
  return issue.message;
}

/** The first issue in the order of the input. */
function detailsOf(problem: Problem): Record<string, unknown> {
  if (problem instanceof MalformedJson) return { field: 'body', issue: 'must be valid JSON' };
  if (!(problem instanceof InvalidInput) || problem.code !== 'invalid') return problem.details;
  const [first] = problem.issues;
  if (!first) return {};
  const { row } = first;
  return { field: fieldOf(first), issue: issueOf(first), ...(row === undefined ? {} : { row }) };
}

/** Renders problems as `{"error": {"code", "message", "details"}}`. */
export const adminErrors: Spelling = (problem: Problem) => {
  const details = detailsOf(problem);
  const code = typeof problem.details.code === 'string' ? problem.details.code : codes[problem.code];
  const { code: _, ...others } = details;
  return {
    body: {
      error: {
        code,
        message: code === codes[problem.code] ? (messages[problem.code] ?? problem.message) : problem.message,
        ...(Object.keys(others).length > 0 ? { details: others } : {}),
      },
    },
  };
};
