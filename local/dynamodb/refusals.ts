import type { Log } from '../log.ts';

/** The DynamoDB requests that were refused as invalid: faults of their senders, also of one that copes. */
export interface Refusals {
  /**
   * Remembers and logs a refused request.
   *
   * @param sender the role or the client.
   * @param refusal the operation and what is invalid.
   */
  add(sender: string, refusal: string): void;
  /** The refusals so far, oldest first. */
  found(): readonly string[];
}

/** Refusals that are remembered; the first ones show the cause. */
const refusalsKeptMax = 1_000;

/** Remembers refusals, and logs all of them. */
export function makeRefusals(log: Log): Refusals {
  const kept: string[] = [];
  return {
    add(sender, refusal) {
      const text = `${sender}: ${refusal}`;
      if (kept.length < refusalsKeptMax) kept.push(text);
      log.write('refused', text);
    },
    found: () => kept,
  };
}

/** An error answer of DynamoDB, with the fields that its SDK's exceptions have. */
export interface DynamoError {
  /** The exception: `ValidationException`. */
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  /** Of a cancelled transaction, one for each action. */
  readonly CancellationReasons?:
    | readonly { readonly Code?: string | undefined; readonly Message?: string | undefined }[]
    | undefined;
}

/**
 * What an error answer says is invalid in its request; `undefined` for all other errors. An action of a
 * transaction may be invalid by the item that it finds, for example because the item would grow too large.
 */
export function refusalOf(
  operation: string,
  { name, message, CancellationReasons = [] }: DynamoError,
): string | undefined {
  if (name === 'ValidationException') return `${operation}: ${message}`;
  const invalid = CancellationReasons.flatMap(({ Code, Message }, place) =>
    Code === 'ValidationError' ? [`action ${place}: ${Message}`] : [],
  );
  return invalid.length > 0 ? `${operation}: ${invalid.join('; ')}` : undefined;
}

/** An error as JSON; AWS and the engines write its text as `message` or as `Message`. */
interface ErrorAnswer extends Omit<DynamoError, 'name'> {
  /** The exception, after a namespace and `#`. */
  readonly __type?: string;
  readonly Message?: string;
}

/** The same for the JSON of an answer with status 400. */
export function refusalIn(operation: string, answer: string): string | undefined {
  // Failed conditions, by far the most of these answers, are not parsed.
  if (!answer.includes('Validation')) return undefined;
  const { __type = '', Message, ...error } = JSON.parse(answer) as ErrorAnswer;
  return refusalOf(operation, {
    message: Message,
    ...error,
    name: __type.slice(__type.lastIndexOf('#') + 1),
  });
}
