/** An object with a value for each of these names, typed by them. */
export const byName = <N extends string, V>(names: readonly N[], value: (name: N) => V): Record<N, V> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<N, V>;
