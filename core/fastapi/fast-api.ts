import type * as z from 'zod';
import {
  type InputIssue,
  InvalidInput,
  MalformedJson,
  type Problem,
  type Spelling,
} from '../http/problem.ts';
import { repeatedMessage } from '../http/query.ts';
import { jsonError } from './json-error.ts';
import { type Flaw, flawOf, flaws } from './pydantic.ts';

type Detail = Flaw & { loc: (string | number)[] };

/** Words an issue of zod's own schemas as pydantic v1 does. */
function translated(issue: z.core.$ZodIssue): Flaw {
  const absent = issue.input === undefined || issue.input === null;
  switch (issue.code) {
    case 'invalid_type':
      if (absent) return issue.path.length === 0 || issue.input === undefined ? flaws.missing : flaws.none;
      if (issue.expected === 'array') return flaws.list;
      if (issue.expected === 'object') return flaws.dict;
      return flaws.text;
    case 'too_small':
      return flaws.minItems(Number(issue.minimum));
    default:
      return { msg: issue.message, type: 'value_error' };
  }
}

function details({ place, issue }: InputIssue): Detail[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code !== 'unrecognized_keys')
    return [{ loc: [place, ...path], ...(flawOf(issue) ?? translated(issue)) }];
  const flaw = issue.message === repeatedMessage ? flaws.repeatedParameter : flaws.extra;
  return issue.keys.map((key) => ({ loc: [place, ...path, key], ...flaw }));
}

/**
 * Sorts by position in the input. Zod reports checks of the whole list, such as repeated ids, after those of
 * all items.
 */
function inOrder(details: Detail[]): Detail[] {
  const position = ({ loc }: Detail) => (typeof loc[1] === 'number' ? loc[1] : -1);
  return details.toSorted((one, other) => position(one) - position(other));
}

function unprocessable(detail: Detail[]) {
  return { status: 422, body: { detail } };
}

function brokenJson(problem: MalformedJson) {
  const error = jsonError(problem.text());
  if (!error) {
    const msg = 'nesting without end is not allowed';
    return unprocessable([{ loc: ['body'], msg, type: 'value_error.jsondecode' }]);
  }
  const { message, position, line, column } = error;
  return unprocessable([
    {
      loc: ['body', position],
      msg: `${message}: line ${line} column ${column} (char ${position})`,
      type: 'value_error.jsondecode',
      ctx: { msg: message, pos: position, lineno: line, colno: column },
    },
  ]);
}

/**
 * Words problems as FastAPI with pydantic v1 does: `detail` is a sentence, or the list of all faults of the
 * input.
 */
export const fastApi: Spelling = (problem: Problem) => {
  if (problem instanceof MalformedJson) return brokenJson(problem);
  if (problem instanceof InvalidInput) return unprocessable(inOrder(problem.issues.flatMap(details)));
  if (problem.code === 'route_not_found') return { body: { detail: 'Not Found' } };
  return { body: { detail: problem.message } };
};
