import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Endpoint } from '../contract/endpoint.ts';
import type { InputIssue } from './problem.ts';

/** The first characters of an unknown parameter's name that an answer quotes. */
const nameLengthMax = 64;

/** The message of an issue about a parameter that came more than once. */
export const repeatedMessage = 'must not be repeated';

/** An issue about a parameter as such, whatever its value is. */
const refused = (name: string, message: string): InputIssue => ({
  place: 'query',
  issue: {
    code: 'unrecognized_keys',
    keys: [name.slice(0, nameLengthMax).toWellFormed()],
    path: [],
    message,
    input: {},
  },
});

/**
 * The query of a call by the names of its contract, and an issue for each parameter that is unknown or came
 * more than once: a filter that is ignored answers another question than the one that was asked.
 */
export function readQuery(
  { query, ignoresQuery }: Pick<Endpoint, 'query' | 'ignoresQuery'>,
  event: APIGatewayProxyEvent,
): { values: Record<string, string>; issues: InputIssue[] } {
  const values: Record<string, string> = {};
  const issues: InputIssue[] = [];
  const sent = Object.entries(ignoresQuery ? {} : (event.multiValueQueryStringParameters ?? {}));
  for (const [name, [first, ...others] = []] of sent) {
    if (!query || !Object.hasOwn(query.shape, name))
      issues.push(refused(name, 'is not a parameter of this call'));
    else if (others.length > 0) issues.push(refused(name, repeatedMessage));
    else if (first !== undefined) values[name] = first;
  }
  return { values, issues };
}
