/** How a request treats an item: by itself, or together with others at one instant. */
export type Manner = 'plain write' | 'transactional write' | 'transactional read';

/** The requests under way, by item. */
export interface InFlight {
  /**
   * True if another request on the item is under way that excludes this one: DynamoDB cancels a transaction
   * that meets any write of the item, and refuses a plain write that meets a transaction (API reference,
   * TransactWriteItems and TransactGetItems, TransactionConflict).
   */
  meets(item: string, manner: Manner): boolean;
  begin(items: readonly string[], manner: Manner): void;
  end(items: readonly string[], manner: Manner): void;
}

export function makeInFlight(): InFlight {
  const plain = new Map<string, number>();
  const transactional = new Map<string, number>();
  const add = (counts: Map<string, number>, item: string, change: number): void => {
    const count = (counts.get(item) ?? 0) + change;
    if (count > 0) counts.set(item, count);
    else counts.delete(item);
  };
  /** Reads delay no other request, so they are not counted. */
  const countsOf = (manner: Manner): Map<string, number> | undefined =>
    ({ 'plain write': plain, 'transactional write': transactional, 'transactional read': undefined })[manner];
  const change = (items: readonly string[], manner: Manner, by: number): void => {
    const counts = countsOf(manner);
    if (counts) for (const item of items) add(counts, item, by);
  };
  return {
    meets: (item, manner) => transactional.has(item) || (manner !== 'plain write' && plain.has(item)),
    begin: (items, manner) => change(items, manner, 1),
    end: (items, manner) => change(items, manner, -1),
  };
}
