/**
 * Rates by token buckets, each of which holds what flows into it within one second. Like DynamoDB, a bucket
 * admits a request while it is not empty and takes the units when they are known, so it can go below zero:
 * one large request is served, and later ones wait for it.
 */
export interface TokenBuckets {
  /** True if a request is admitted now. @param rate units per second. */
  hasUnits(bucket: string, rate: number): boolean;
  take(bucket: string, rate: number, units: number): void;
}

/** Buckets above which the full ones are forgotten; they are as good as new. */
const bucketsKeptMax = 20_000;

/** @param now milliseconds of a steady clock. */
export function makeTokenBuckets(now: () => number): TokenBuckets {
  const buckets = new Map<string, { units: number; at: number }>();

  const levelOf = (bucket: string, rate: number): number => {
    const kept = buckets.get(bucket);
    return kept ? Math.min(rate, kept.units + ((now() - kept.at) / 1_000) * rate) : rate;
  };
  return {
    hasUnits: (bucket, rate) => rate === Number.POSITIVE_INFINITY || levelOf(bucket, rate) > 0,
    take(bucket, rate, units) {
      if (rate === Number.POSITIVE_INFINITY) return;
      buckets.set(bucket, { units: levelOf(bucket, rate) - units, at: now() });
      if (buckets.size <= bucketsKeptMax) return;
      for (const [name, { at }] of buckets) if (now() - at > 10_000) buckets.delete(name);
    },
  };
}
