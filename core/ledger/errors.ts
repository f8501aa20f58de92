import { Problem } from '../http/problem.ts';

/** A live transaction works on the same records or ids, and waiting did not help. Nothing was written. */
export class Conflict extends Problem {
  override readonly name = 'Conflict';
  /** For engineers; callers get one sentence for all reasons. */
  readonly reason: string;

  constructor(reason: string) {
    super('conflict', 'Another request is changing the same records', { retryAfter: 1 });
    this.reason = reason;
  }
}

/** The condition of `answer` failed: another request took over the claim of this one. Nothing was written. */
export class LostClaim extends Problem {
  override readonly name = 'LostClaim';

  constructor() {
    super('in_flight', 'Another request with this Idempotency-Key took over', { retryAfter: 1 });
  }
}

/**
 * A transaction changes at most 99 tenants: TransactWriteItems takes 99 HEADs and MULTI, 100 actions in all.
 */
export class TooManyTenants extends Problem {
  override readonly name = 'TooManyTenants';

  constructor(message: string) {
    super('too_large', message);
  }
}

/** The manifest names every id in one item, and a DynamoDB item has at most 400 KB: about 9,500 UUIDs. */
export class TooManyRecords extends Problem {
  override readonly name = 'TooManyRecords';

  constructor(message: string) {
    super('too_large', message);
  }
}

/** A `create` of an id that exists. The caller makes the ids, and must make them unique. */
export class IdTaken extends Problem {
  override readonly name = 'IdTaken';

  constructor() {
    super('conflict', 'A record with this id exists already');
  }
}
