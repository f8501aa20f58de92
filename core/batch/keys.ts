import type { Key } from '../dynamo/store.ts';

/**
 * Keys of an engine's items. A tenant may hold any character, so it is encoded where another part follows it
 * in a key.
 */
export const keysOf = (engine: string) => {
  const partition = (id: string) => `BATCH#${engine}#${id}`;
  const name = (tenant: string) => Buffer.from(tenant).toString('base64url');
  return {
    batch: (id: string): Key => ({ pk: partition(id), sk: 'BATCH' }),
    chunk: (id: string, chunk: number): Key => ({ pk: partition(id), sk: `CHUNK#${padded(chunk)}` }),
    result: (id: string, chunk: number): Key => ({ pk: partition(id), sk: `RESULT#${padded(chunk)}` }),
    resultsOf: (id: string) => ({ pk: partition(id), prefix: 'RESULT#' }),
    /** The batch, its chunks and their results. */
    allOf: (id: string) => ({ pk: partition(id), prefix: '' }),
    open: (tenant: string, turn: number): Key => ({
      pk: `OPEN#${engine}`,
      sk: `${name(tenant)}#${padded(turn)}`,
    }),
    openAt: (order: string): Key => ({ pk: `OPEN#${engine}`, sk: order }),
    openOf: (tenant?: string) => ({
      pk: `OPEN#${engine}`,
      prefix: tenant === undefined ? '' : `${name(tenant)}#`,
    }),
    tenantQueue: (tenant: string): Key => ({ pk: `LANE#${engine}#${tenant}`, sk: 'LANE' }),
    listCount: (list: string): Key => ({ pk: `LIST#${engine}#${list}`, sk: 'COUNT' }),
    listEntry: (list: string, n: number): Key => ({ pk: `LIST#${engine}#${list}`, sk: `#${padded(n)}` }),
  };
};
export type Keys = ReturnType<typeof keysOf>;

/**
 * Ten digits: more than a tenant can open batches, and the order of such texts is the order of the numbers.
 */
const padded = (n: number): string => String(n).padStart(10, '0');
