import type { Clock } from '../clock.ts';
import { OutOfTime } from '../ledger/errors.ts';
import type { Random } from '../ledger/transaction-id.ts';
import { Refused, ReplyLost, type Store } from './store.ts';

/** What the protocol needs from the world; a simulation provides its own. */
export interface World {
  clock: Clock;
  random: Random;
  pause(milliseconds: number): Promise<void>;
}

/** The first pause after a refusal; it doubles up to `pauseMax`, and each is cut by a random half so that rivals part. */
const pauseMin = 8;
const pauseMax = 400;

type Resend = 'refused' | 'refused or lost';

/**
 * Sends again what DynamoDB refused, and what got no answer where that is harmless, until a deadline (milliseconds since the epoch,
 * asked for when a request begins).
 * The conditions of the protocol make every write repeatable, with two exceptions that are left to the caller:
 * a transaction (whose answer tells which of its parts were there already), and a put without conditions.
 *
 * @throws OutOfTime when the time is over.
 */
export function patient(store: Store, world: World, deadline: () => number): Store {
  const send = async <R>(request: () => Promise<R>, resend: Resend = 'refused or lost'): Promise<R> => {
    const until = deadline();
    for (let pause = pauseMin; ; pause = Math.min(2 * pause, pauseMax)) {
      try {
        return await request();
      } catch (error) {
        const again =
          error instanceof Refused || (error instanceof ReplyLost && resend === 'refused or lost');
        if (!again) throw error;
        if (world.clock.now() + pause > until)
          throw new OutOfTime('DynamoDB did not take a request in time', { cause: error });
        await world.pause(pause * (0.5 + world.random() / 2));
      }
    }
  };
  return {
    get: (table, key) => send(() => store.get(table, key)),
    getMany: (table, keys, attributes) => send(() => store.getMany(table, keys, attributes)),
    getTogether: (table, keys) => send(() => store.getTogether(table, keys)),
    query: (query) => send(() => store.query(query)),
    put: (put) => send(() => store.put(put)),
    update: (update) => send(() => store.update(update)),
    remove: (remove) => send(() => store.remove(remove)),
    putMany: (table, items) => send(() => store.putMany(table, items), 'refused'),
    transact: (actions) => send(() => store.transact(actions), 'refused'),
  };
}
