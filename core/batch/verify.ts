import type { TableName } from '../contract/resources.ts';
import type { Item } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant } from '../invariant.ts';
import {
  everyItem,
  type Finding,
  itemsOf,
  keyOf,
  type Verifier,
  type VerifyDeps,
  visitItems,
} from '../verify/verifier.ts';
import { isCount } from './attributes.ts';
import { asChunk, type Chunk, countPlaces } from './chunk.ts';
import { keysOf } from './keys.ts';
import { asBatch, asEntry, type BatchRecord, isOver } from './record.ts';

const table: TableName = 'operations';

/** Of one engine: its batches with their chunks, the open ones, its queues of tenants and its lists. */
export function batchVerifiers(engine: string): Verifier[] {
  const keys = keysOf(engine);
  const batchOf = async (deps: VerifyDeps, id: string) =>
    await deps.store.get(deps.table(table), keys.batch(id));
  return [
    { table, prefix: keys.batch('').pk, verify: (deps, pk) => batchFindings(deps, pk, keys) },
    everyItem(table, keys.openOf().pk, async (item, deps) => {
      const { id } = asEntry(item);
      invariant(await batchOf(deps, id), 'an entry of an open batch has its batch');
    }),
    everyItem(table, keys.tenantQueue('').pk, (item) => {
      assertVersion(item, 'tenant queue');
      invariant(isCount(item.turn) && typeof item.busy === 'boolean', 'a tenant queue has a turn');
    }),
    {
      table,
      prefix: keys.listCount('').pk,
      async *verify(deps, pk) {
        let [entries, count] = [0, 0];
        for await (const item of itemsOf(deps, table, pk)) {
          if (item.sk === keys.listCount('').sk) {
            count = Number(item.n);
            continue;
          }
          entries += 1;
          if (!(await batchOf(deps, String(item.id))))
            yield { rule: 'an entry of a list has its batch', table, key: keyOf(item) };
        }
        if (entries !== count) yield { rule: 'a list counts its entries', table, key: { pk, sk: 'COUNT' } };
      },
    },
  ];
}

/** Reads a batch, and its chunks one by one. */
async function* batchFindings(
  deps: VerifyDeps,
  pk: string,
  keys: ReturnType<typeof keysOf>,
): AsyncGenerator<Finding> {
  let record: BatchRecord | undefined;
  const counted = { chunks: 0, places: 0, result: 0, error: 0, waiting: 0, dead: 0, open: 0 };
  const count = (chunk: Chunk) => {
    counted.chunks += 1;
    counted.places += chunk.operations.reduce((sum, { places }) => sum + places.length, 0);
    if (!chunk.result) counted.open += 1;
    else if (chunk.result.state === 'dead') counted.dead += 1;
    const outcomes = (chunk.result?.outcomes ?? []).map((outcome, index) => ({ index, outcome }));
    for (const sort of ['result', 'error', 'waiting'] as const)
      counted[sort] += countPlaces(chunk, outcomes, sort);
  };
  yield* visitItems(deps, table, pk, async (item) => {
    if (item.sk === 'BATCH') record = asBatch(item);
    if (String(item.sk).startsWith('CHUNK#')) count(asChunk(item, await resultOf(deps, item)));
  });
  const key = { pk, sk: 'BATCH' };
  // Chunks are stored before their batch is opened, so an opening that failed leaves some.
  if (!record) return;
  const { total, succeeded, failed, inFlight, chunks, deadChunks } = record;
  const rules: [holds: boolean, rule: string][] = [
    [counted.chunks === chunks, 'a batch has all of its chunks'],
    [counted.places === total, 'the chunks of a batch have as many operations as its total'],
    [counted.result === succeeded, 'a batch counts the operations that succeeded'],
    [counted.error === failed, 'a batch counts the operations that failed'],
    [counted.waiting === inFlight, 'a batch counts the operations that are in flight'],
    [counted.dead === deadChunks, 'a batch counts the chunks that were given up'],
  ];
  for (const [holds, rule] of rules) if (!holds) yield { rule, table, key };
  const isListed = (await deps.store.get(deps.table(table), keys.openAt(record.order))) !== undefined;
  if (!isListed && !(isOver(record) && record.announcedAt))
    yield { rule: 'a batch whose end was not reported is among the open ones', table, key };
}

const resultOf = async ({ store, table: nameOf }: VerifyDeps, { pk, sk }: Item): Promise<Item | undefined> =>
  await store.get(nameOf(table), { pk: String(pk), sk: String(sk).replace('CHUNK#', 'RESULT#') });
