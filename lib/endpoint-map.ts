/**
 * Stands in bundles for the least-recently-used cache in which DynamoDB's client keeps discovered endpoints.
 * No client of ours asks for endpoint discovery (SDK reference, `endpointDiscoveryEnabled`), so it stays
 * empty; the packages of the real one are 7 KB of each bundle.
 */
export default class EndpointMap<K, V> extends Map<K, V> {
  // The caller passes a capacity, which `Map` would take for entries.
  // biome-ignore lint/complexity/noUselessConstructor: it drops the argument
  constructor() {
    super();
  }

  peek(key: K): V | undefined {
    return this.get(key);
  }
}
