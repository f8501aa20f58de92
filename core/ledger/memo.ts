import { LRUCache } from 'lru-cache';

/** A cache in the container's memory. Each value is valid for exactly one version. */
export interface Memo {
  recall(key: string, version: string): { value: unknown } | undefined;
  keep(key: string, version: string, value: unknown): void;
}

/** Estimates the bytes of a value: two for a character, and what V8 spends on a property or a number. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, part) => sum + 8 + weightOf(part), 32);
}

/**
 * @param max number of keys; the least recently used is evicted first.
 * @param bytesMax estimated memory of all values. A larger value is not kept at all.
 */
export function memoOf(max: number, bytesMax: number): Memo {
  const kept = new LRUCache<string, { version: string; value: unknown }>({
    max,
    maxSize: bytesMax,
    sizeCalculation: ({ value }, key) => weightOf(key) + weightOf(value),
  });
  return {
    recall: (key, version) => {
      const entry = kept.get(key);
      return entry?.version === version ? entry : undefined;
    },
    keep: (key, version, value) => {
      kept.set(key, { version, value });
    },
  };
}
