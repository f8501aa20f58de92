/**
 * Puts an entry into a map that holds the newest entries only: beyond `max`, the oldest is dropped. For small
 * memories of code that is in every bundle, to which lru-cache would add 19 KB.
 */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
