import {
  type InputIssue,
  InvalidInput,
  MalformedJson,
  type Problem,
  type ProblemCode,
  type Spelling,
} from '../../core/problem.ts';
import { allowedFields } from './content.ts';

/** What each kind of problem is called here. */
const codes: Record<ProblemCode, string> = {
  malformed_json: 'VALIDATION_ERROR',
  invalid: 'VALIDATION_ERROR',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  not_found: 'NOT_FOUND',
  route_not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  in_flight: 'REQUEST_IN_FLIGHT',
  conflict: 'CONFLICT',
  too_large: 'PAYLOAD_TOO_LARGE',
  unsupported_media_type: 'UNSUPPORTED_MEDIA_TYPE',
  key_reused: 'IDEMPOTENCY_KEY_REUSED',
  rate_limited: 'RATE_LIMIT_EXCEEDED',
  internal: 'INTERNAL_ERROR',
  unavailable: 'SERVICE_UNAVAILABLE',
};

/** The first issue, in the order of the fields, is what the caller is told; a list of fields that may not be changed comes with it. */
function invalid(problem: InvalidInput) {
  const error = codes[problem.code];
  if (problem.code !== 'invalid') return { message: problem.message, error };
  const issues = problem.issues.map(({ issue }) => issue);
  const forbidden = issues.find(({ code, path }) => code === 'unrecognized_keys' && path[0] === 'updates');
  if (forbidden?.code === 'unrecognized_keys')
    return {
      message: 'Invalid fields in update payload',
      error,
      invalidFields: forbidden.keys,
      allowedFields,
    };
  return { message: messageOf(issues[0]), error };
}

function messageOf(issue: InputIssue['issue'] | undefined): string {
  if (!issue) return 'The request is not valid';
  if (issue.code === 'unrecognized_keys') return `Unknown fields in the request: ${issue.keys.join(', ')}`;
  return issue.path.length === 0 && issue.code === 'invalid_type'
    ? 'The body must be a JSON object'
    : issue.message;
}

/** Problems as `{"message", "error"}`: a sentence, and a code. */
export const contentErrors: Spelling = (problem: Problem) => {
  if (problem instanceof InvalidInput) return { body: invalid(problem) };
  if (problem instanceof MalformedJson)
    return { body: { message: 'The body is not valid JSON', error: codes.malformed_json } };
  return { body: { message: problem.message, error: codes[problem.code], ...problem.details } };
};
