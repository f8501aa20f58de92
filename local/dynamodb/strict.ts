import { AwsError } from '../services/service.ts';
import type { Refusals } from './refusals.ts';
import type { TableShape } from './table-shape.ts';
import { violations } from './violations.ts';

/**
 * Checks a request before it reaches the engine: refuses what AWS's DynamoDB refuses and the engine takes.
 *
 * @param sender the role or the client.
 * @param body JSON in DynamoDB's own notation.
 * @throws AwsError ValidationException that begins with `strict:`; the refusal is remembered.
 */
export type StrictCheck = (sender: string, operation: string, body: string) => void;

/** A check against these tables. */
export const makeStrictCheck =
  (tables: readonly TableShape[], refusals: Refusals): StrictCheck =>
  (sender, operation, body) => {
    const broken = violations(operation, JSON.parse(body) as object, tables);
    if (broken.length === 0) return;
    const text = `strict: ${operation}: ${broken.join('; ')}`;
    refusals.add(sender, text);
    throw new AwsError('ValidationException', text);
  };
