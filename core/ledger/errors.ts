/** A live competitor works on the same records (or the ids are taken by it), and waiting did not help. Nothing was written. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/**
 * The batch could not be brought to its end in time: throttling, lost answers, or a request that cannot safely be sent again.
 * It either takes effect as a whole or not at all, and recovery decides which; a repetition with the same claim finds out.
 */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** The condition of `answer` failed: another request took this one's claim over. Nothing was written. */
export class LostClaim extends Error {
  override readonly name = 'LostClaim';
}

/** One transaction flips at most 99 HEADs (DynamoDB: 100 actions, and one is the item that counts such flips). */
export class TooManyTenants extends Error {
  override readonly name = 'TooManyTenants';
}

/** The manifest names every id in one item, and DynamoDB's items end at 400 KB: about 9,500 UUIDs. */
export class TooManyRecords extends Error {
  override readonly name = 'TooManyRecords';
}

/** A `create` of an id that exists. Ids are made by the caller, who must make them unique. */
export class IdTaken extends Error {
  override readonly name = 'IdTaken';
}
