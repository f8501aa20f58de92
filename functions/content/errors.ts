import { errorCodes } from '../../core/http/error-codes.ts';
import {
  type InputIssue,
  InvalidInput,
  MalformedJson,
  type Problem,
  type Spelling,
} from '../../core/http/problem.ts';
import { allowedFields } from './content.ts';

/**
 * The body for an invalid input: the first issue in the order of the fields; for forbidden updates with the
 * list of those fields.
 */
function invalid(problem: InvalidInput) {
  const error = errorCodes[problem.code];
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
  return { message: messageOf(problem.issues[0]), error };
}

function messageOf(found: InputIssue | undefined): string {
  if (!found) return 'The request is not valid';
  const { place, issue } = found;
  if (issue.code === 'unrecognized_keys' && place === 'query') return `${issue.keys.join()} ${issue.message}`;
  if (issue.code === 'unrecognized_keys') return `Unknown fields in the request: ${issue.keys.join(', ')}`;
  return issue.path.length === 0 && issue.code === 'invalid_type'
    ? 'The body must be a JSON object'
    : issue.message;
}

/** Renders problems as `{"message", "error"}`: a sentence and a code. */
export const contentErrors: Spelling = (problem: Problem) => {
  if (problem instanceof InvalidInput) return { body: invalid(problem) };
  if (problem instanceof MalformedJson)
    return { body: { message: 'The body is not valid JSON', error: errorCodes.malformed_json } };
  return { body: { message: problem.message, error: errorCodes[problem.code], ...problem.details } };
};
