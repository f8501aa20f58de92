import { Problem } from '../http/problem.ts';

/**
 * DynamoDB did nothing and may do it a little later: it throttled the request, or the item is in a
 * transaction under way. The same request may be sent again.
 */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/**
 * No answer came, or one that leaves open what happened: the request took effect, or did not, or still will.
 */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

/**
 * DynamoDB will never take some actions of a transaction, for example because an item would grow beyond 400
 * KB. Nothing was written.
 */
export class InvalidActions extends Error {
  override readonly name = 'InvalidActions';
  /** The places of those actions in the transaction. */
  readonly places: number[];

  constructor(places: number[], options?: ErrorOptions) {
    super('DynamoDB refused actions of a transaction as invalid', options);
    this.places = places;
  }
}

/**
 * DynamoDB did not take a request before the caller's deadline: throttling, faults of the service, or lost
 * answers. A write took effect as a whole or not at all; a retry is safe.
 */
export class Unavailable extends Problem {
  override readonly name = 'Unavailable';
  /** For engineers; callers are given one sentence for all reasons. */
  readonly reason: string;

  constructor(reason: string, { cause }: ErrorOptions = {}) {
    super('unavailable', 'The request could not be finished in time', { retryAfter: 5 });
    this.reason = reason;
    this.cause = cause;
  }
}

/**
 * The tenant's partition has reached 10 GB, the most that a partition key of a table with a local index may
 * hold (DynamoDB developer guide, item collection size limit), or comes so near that only deletions and
 * changes are taken. Nothing was written; reads go on to work.
 */
export class PartitionFull extends Problem {
  override readonly name = 'PartitionFull';

  constructor() {
    super('storage_full', 'The storage of this tenant is full: nothing was written');
  }
}
