import type { Log } from '../log.ts';
import { AwsError } from '../services/service.ts';
import type { TableShape } from './table-shape.ts';
import { violations } from './violations.ts';

/** Refuses requests that AWS's DynamoDB refuses and the local engine takes. */
export interface StrictCheck {
  /**
   * Checks a request, before it reaches the engine.
   *
   * @param body JSON in DynamoDB's own notation.
   * @throws AwsError ValidationException that begins with `strict:`; the violations are kept and logged.
   */
  check(operation: string, body: string): void;
  /** The violations of all requests so far, oldest first. */
  found(): readonly string[];
}

/** Violations that are remembered; the first ones show the cause. */
const violationsKeptMax = 1_000;

/** A check against these tables. */
export function makeStrictCheck(tables: readonly TableShape[], log: Log): StrictCheck {
  const kept: string[] = [];
  return {
    check(operation, body) {
      const broken = violations(operation, JSON.parse(body) as object, tables);
      if (broken.length === 0) return;
      const text = `${operation}: ${broken.join('; ')}`;
      if (kept.length < violationsKeptMax) kept.push(text);
      log.write('strict', text);
      throw new AwsError('ValidationException', `strict: ${text}`);
    },
    found: () => kept,
  };
}
