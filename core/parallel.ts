/** Cuts a list into parts of at most `size` elements. */
export function chunksOf<E>(list: readonly E[], size: number): E[][] {
  const chunks: E[][] = [];
  for (let start = 0; start < list.length; start += size) chunks.push(list.slice(start, start + size));
  return chunks;
}

/**
 * Works through a list with at most `width` elements in flight. After a failure no further element is begun,
 * and the first failure is thrown once everything begun has ended, so that no work goes on behind the
 * caller's back.
 *
 * @returns the results in the order of the list.
 */
export async function inParallel<E, R>(
  list: readonly E[],
  width: number,
  work: (element: E) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(list.length);
  const failures: unknown[] = [];
  const waiting = list.entries();
  const runner = async () => {
    for (const [index, element] of waiting) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(element);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, runner));
  if (failures.length > 0) throw failures[0];
  return results;
}
