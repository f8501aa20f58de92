import { itemsOf } from '../dynamo/items-of.ts';
import { type Item, type Key, Refused, ReplyLost, type Store } from '../dynamo/store.ts';
import { chunksOf, inParallel } from '../ledger/context.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { Keys } from './keys.ts';
import type { Kind } from './kind.ts';
import type { Batch } from './record.ts';

/** What the engine needs from the world; a test provides its own. */
export interface World {
  now(): number;
  /** From 0 to 1, excluding 1. */
  random(): number;
  pause(milliseconds: number): Promise<void>;
  /** A name that nobody else has. */
  unique(): string;
}

/** Everything that the parts of one engine share. */
export interface Context {
  store: Store;
  world: World;
  keys: Keys;
  /** The name of the table with the engine's own items. */
  table(): string;
  kinds: Readonly<Record<string, Kind>>;
  send(tenant: string, message: ChunkMessage): Promise<void>;
  announce?: ((batch: Batch) => Promise<void>) | undefined;
}

/** What a batch's operations do. */
export function kindOf({ kinds }: Context, { kind }: Pick<Batch, 'kind'>): Kind {
  const known = kinds[kind];
  if (!known) throw new Error(`no kind ${kind} of batches is known here`);
  return known;
}

/** Nothing could be brought about in time, though nothing is wrong: the same may be tried again later. */
class BatchBusy extends Error {
  override readonly name = 'BatchBusy';
}

/** The first pause after a conflict, in milliseconds; it doubles up to the longest, and each is cut by a random half so that rivals part. */
const PAUSE = { first: 5, longest: 400 };

/** How long one piece of work is tried, in milliseconds: well below the time that a queue's function has. */
const PATIENCE = 20_000;

/** Whether a request may simply be made again: it was refused, or its answer got lost. */
export const isPassing = (error: unknown): boolean => error instanceof Refused || error instanceof ReplyLost;

/**
 * Tries until `attempt` gives something. It gives `undefined`, or throws what passes, where it should be made again from fresh reads.
 *
 * @throws BatchBusy after twenty seconds.
 */
export async function untilDone<T>({ world }: Context, attempt: () => Promise<T | undefined>): Promise<T> {
  const until = world.now() + PATIENCE;
  for (let pause = PAUSE.first; ; pause = Math.min(2 * pause, PAUSE.longest)) {
    const given = await attempt().catch((error: unknown) => {
      if (isPassing(error)) return undefined;
      throw error;
    });
    if (given !== undefined) return given;
    if (world.now() + pause > until) throw new BatchBusy('the table did not take a write in time');
    await world.pause(pause * (0.5 + world.random() / 2));
  }
}

/** A request that changes nothing, or is harmless to repeat. */
export const steadily = async <T>(context: Context, request: () => Promise<T>): Promise<T> =>
  (await untilDone(context, async () => ({ answer: await request() }))).answer;

/** An item's key as one text. */
export const nameOf = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);

/** Keys of one request (API reference, BatchGetItem). */
export const READS = 100;

/** Requests of one reader at once. */
export const AT_ONCE = 8;

/** Items by key, however many: DynamoDB reads a hundred at once, and may leave some for the next request. */
export async function readAll(context: Context, table: string, keys: Key[]): Promise<Map<string, Item>> {
  const different = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
  const pages = await inParallel(chunksOf(different, READS), AT_ONCE, (page) =>
    readPage(context, table, page),
  );
  return new Map(pages.flat().map((item) => [nameOf(item as unknown as Key), item]));
}

async function readPage(context: Context, table: string, keys: Key[]): Promise<Item[]> {
  const found: Item[] = [];
  for (let wanted = keys; wanted.length > 0; ) {
    const { items, unread } = await steadily(context, () => context.store.getMany(table, wanted));
    // Nothing at all comes back when DynamoDB throttles.
    if (items.length === 0 && unread.length > 0) await context.world.pause(PAUSE.longest);
    found.push(...items);
    wanted = unread;
  }
  return found;
}

export const itemAt = (items: Map<string, Item>, key: Key): Item | undefined => items.get(nameOf(key));

/** All items of a partition whose sort key begins with this. */
export const queried = (
  context: Context,
  { pk, prefix }: { pk: string; prefix: string },
  more: { attributes?: string[] } = {},
): AsyncGenerator<Item> =>
  itemsOf(
    { query: (query) => steadily(context, () => context.store.query(query)) },
    {
      TableName: context.table(),
      KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk, ...(prefix ? { ':prefix': prefix } : {}) },
      ...(more.attributes && {
        ProjectionExpression: more.attributes.map((_, index) => `#${index}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(
          more.attributes.map((name, index) => [`#${index}`, name]),
        ),
      }),
    },
  );

/** The actions of one transaction that DynamoDB takes at most (API reference, TransactWriteItems). */
export const ACTIONS = 100;
