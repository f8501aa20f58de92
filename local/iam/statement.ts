import { CannotStart } from '../cannot-start.ts';

/** One statement of a policy, compiled to predicates. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly matchesAction: (action: string) => boolean;
  readonly matchesResource: (arn: string) => boolean;
  readonly conditionsHold: (context: RequestContext) => boolean;
}

/** Condition keys of a request in lower case, each with all of its values. */
export type RequestContext = Readonly<Record<string, readonly string[]>>;

/** A policy document of CloudFormation with resolved references. */
export interface PolicyDocument {
  readonly Statement: RawStatement | readonly RawStatement[];
}
interface RawStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Reads the statements of a policy.
 *
 * @param owner the logical id that an error names.
 * @throws CannotStart at an unknown condition operator or key: guessing could hide a missing permission.
 */
export function readStatements({ Statement: raw }: PolicyDocument, owner: string): Statement[] {
  return asList(raw).map((statement) => ({
    effect: statement.Effect,
    matchesAction: matcher(statement.Action, statement.NotAction, 'ignore case'),
    matchesResource: matcher(statement.Resource, statement.NotResource),
    conditionsHold: readConditions(statement.Condition ?? {}, owner),
  }));
}

/**
 * A predicate for texts that match one of the patterns (`*` is any text, `?` one character), or none of the
 * excluded ones.
 */
function matcher(
  patterns?: string | readonly string[],
  excluded?: string | readonly string[],
  letters?: 'ignore case',
): (text: string) => boolean {
  const tests = asList(excluded ?? patterns ?? []).map((pattern) => wildcard(pattern, letters));
  if (excluded) return (text) => !tests.some((test) => test(text));
  return (text) => tests.some((test) => test(text));
}

/** A predicate for texts that match a pattern with `*` and `?`. */
function wildcard(pattern: string, letters?: 'ignore case'): (text: string) => boolean {
  if (pattern === '*') return () => true;
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, letters ? 'is' : 's');
  return (text) => expression.test(text);
}

type Operator = (actual: string, expected: string) => boolean;

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: (actual, expected) => actual === expected,
  StringNotEquals: (actual, expected) => actual !== expected,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringLike: (actual, expected) => wildcard(expected)(actual),
  StringNotLike: (actual, expected) => !wildcard(expected)(actual),
  ArnEquals: (actual, expected) => wildcard(expected)(actual),
  ArnLike: (actual, expected) => wildcard(expected)(actual),
  ArnNotEquals: (actual, expected) => !wildcard(expected)(actual),
  ArnNotLike: (actual, expected) => !wildcard(expected)(actual),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
};

/**
 * Condition keys with a value at the local endpoint, or that only restrict accesses it does not judge (of
 * AWS's own services). `aws:SecureTransport` and the TLS version always pass, because a policy that enforces
 * TLS would deny everything otherwise.
 */
const knownKeys: ReadonlySet<string> = new Set([
  'aws:securetransport',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:requestedregion',
  'aws:sourceaccount',
  'aws:sourcearn',
  's3:tlsversion',
  'kms:viaservice',
]);

/** Condition keys with the name of a request's own value after them. */
const knownKeyPrefixes = ['kms:encryptioncontext:'];

const isKnownKey = (key: string): boolean =>
  knownKeys.has(key) || knownKeyPrefixes.some((prefix) => key.startsWith(prefix));

function readConditions(
  conditions: NonNullable<RawStatement['Condition']>,
  owner: string,
): (context: RequestContext) => boolean {
  const tests = Object.entries(conditions).flatMap(([name, keys]) => {
    const [, set, base = '', optional] =
      /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
    const operator = operators[base];
    if (!operator && base !== 'Null')
      throw new CannotStart(`${owner} uses the condition ${name}, which a local run does not know`);
    return Object.entries(keys).map(([key, value]) => {
      if (!isKnownKey(key.toLowerCase()))
        throw new CannotStart(`${owner} has a condition on ${key}, which a local run does not know`);
      const expected = asList(value as string | readonly string[]).map(String);
      return (context: RequestContext): boolean => {
        const actual = context[key.toLowerCase()];
        if (!operator) return expected.includes(String(actual === undefined));
        const negative = base.includes('Not');
        if (actual === undefined) return optional !== undefined || set === 'ForAllValues' || negative;
        const fits = (one: string): boolean =>
          negative
            ? expected.every((other) => operator(one, other))
            : expected.some((other) => operator(one, other));
        return set === 'ForAllValues' || (negative && set === undefined)
          ? actual.every(fits)
          : actual.some(fits);
      };
    });
  });
  return (context) => tests.every((test) => test(context));
}

const asList = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
