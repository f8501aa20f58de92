import { afterAll, expect, test, vi } from 'vitest';
import { retrying } from '../../core/dynamo/retry.ts';
import { messagesPerPack, smsKeys } from '../../functions/messaging/sms/batch.ts';
import { messageId } from '../../functions/messaging/sms/messages/id.ts';
import { smsKind } from '../../functions/messaging/sms/messages/send.ts';
import { readReceiptCounts } from '../../functions/messaging/sms/progress.ts';
import type {
  OutgoingMessage,
  Receipt,
  SendResult,
  SmsProvider,
} from '../../functions/messaging/sms/providers/provider.ts';
import { noteReceipts } from '../../functions/messaging/sms/receipts/note.ts';
import { release } from '../../functions/messaging/sms/release.ts';
import { type Chances, type Life, peaceful, seeded, storeOf } from '../core/batch/faults.ts';
import { Machine } from '../core/batch/machine.ts';
import { startTable } from '../core/batch/table.ts';
import { messageStates } from './message-states.ts';

const table = await startTable();
vi.stubEnv('MESSAGING_TABLE', table.name);
afterAll(() => table.stop());

const TENANT = 'tenant';

/** How many messages the faults meet; `MESSAGES=10000 npx vitest run tests/messaging/at-most-once.test.ts` for more. */
const MESSAGES = Number(process.env.MESSAGES ?? 1_000);

/** What a carrier does with the call for a message. */
interface Odds {
  /** That it takes no text now, and says so. */
  busy: number;
  /** That it refuses the text for ever. */
  refused: number;
  /** That it fails, and does not say whether it took it: it did not. */
  broken: number;
  /** That it takes it, and its answer is lost. */
  lost: number;
}

/** A carrier outside, which counts how often it was called to send each message and tells afterwards which it took. */
class Carrier {
  readonly taken = new Map<string, number>();
  readonly refused = new Set<string>();
  readonly #odds: Odds;
  readonly #random: () => number;

  constructor(odds: Odds, seed: number) {
    this.#odds = odds;
    this.#random = seeded(seed);
  }

  #take({ ref }: OutgoingMessage): SendResult {
    const { busy, refused, broken, lost } = this.#odds;
    const drawn = this.#random();
    if (drawn < busy) return { kind: 'later', code: 'ThrottlingException' };
    if (drawn < busy + refused) {
      this.refused.add(ref.message);
      return { kind: 'rejected', code: 'REFUSED' };
    }
    if (drawn < busy + refused + broken) return { kind: 'unknown' };
    this.taken.set(ref.message, (this.taken.get(ref.message) ?? 0) + 1);
    return drawn < busy + refused + broken + lost
      ? { kind: 'unknown' }
      : { kind: 'accepted', providerId: `provider-${ref.message}` };
  }

  /** The carrier as one delivery calls it, which may die at the call, before or after it was heard. */
  for({ call }: Life): SmsProvider {
    return { send: (message) => call(async () => this.#take(message)) };
  }
}

/** Asks at most five times a second: every question reads the whole batch. */
function seldom(holds: () => Promise<boolean>): () => Promise<boolean> {
  let asked = 0;
  return async () => {
    if (Date.now() - asked < 200) return false;
    const held = await holds();
    asked = Date.now();
    return held;
  };
}

interface Run {
  name: string;
  total: number;
  seed: number;
  odds: Odds;
  chances: Chances;
  doubled: number;
}

/** A batch of messages with everything around it: queue, workers that die, a carrier. */
function world({ name, total, seed, odds, chances, doubled }: Run) {
  const carrier = new Carrier(odds, seed);
  const machine: Machine = new Machine({
    ...{ table, seed, name, chances, doubled },
    kinds: (life) => ({
      sms: smsKind({
        store: retrying(storeOf(table.store, life), machine.depsOf(), () => machine.now + 45_000),
        table: () => table.name,
        provider: async () => carrier.for(life),
        optedOut: async () => new Set(),
        recordCarrierOptOut: async () => undefined,
        settle: (settlement) => machine.engineOf(life).settle(settlement),
        ...machine.depsOf(),
      }),
    }),
  });
  const id = `00000000-0000-4000-8000-${String(seed).padStart(7, '0')}00000`;
  const receiptStore = retrying(table.store, machine.depsOf(), () => machine.now + 45_000);
  const parts = () => ({ store: table.store, engine: machine.engine().engine });

  async function open(): Promise<void> {
    const batch = {
      ...smsKeys.batch(TENANT, id),
      ...{ id, tenant: TENANT, user: 'u', state: 'waiting', total, text: 'Hi', from: 'SENDER' },
      ...{ createdAt: '2026-01-01T00:00:00.000Z', dueAt: '2026-01-01T00:00:00.000Z', scheduled: false },
    };
    await table.store.put({ TableName: table.name, Item: batch });
    for (let n = 0; n < total; n += messagesPerPack) {
      const messages = Array.from({ length: Math.min(messagesPerPack, total - n) }, (_, place) => ({
        to: `+25571${String(n + place).padStart(7, '0')}`,
      }));
      await table.store.put({
        TableName: table.name,
        Item: { ...smsKeys.pack(TENANT, id, n), messages },
      });
    }
    await release(parts(), TENANT, id, Date.parse('2026-01-01T00:00:00Z'));
  }

  const ids = Array.from({ length: total }, (_, n) => messageId(id, n));

  const states = () => messageStates(table.store, table.name, TENANT, ids);

  /** Tells of everything that the carrier took, some of it twice. */
  async function tellReceipts(): Promise<void> {
    for (const message of carrier.taken.keys()) {
      const receipt: Receipt = { state: 'delivered' };
      const times = Number(message.charCodeAt(35)) % 3 === 0 ? 2 : 1;
      for (let time = 0; time < times; time++)
        await noteReceipts(receiptStore, [{ tenant: TENANT, message, receipt }], machine.now);
    }
  }

  const receiptCounts = () =>
    readReceiptCounts(
      retrying(table.store, machine.depsOf(), () => machine.now + 45_000),
      { tenant: TENANT, id, total },
    );
  const progress = async () => {
    const item = await table.store.get(table.name, smsKeys.batch(TENANT, id));
    return await machine.engine().engine.read(String(item?.engineId));
  };
  return { carrier, machine, open, states, tellReceipts, receiptCounts, progress, ids };
}

test(
  'sends each message at most once and forgets none, whatever breaks, gets lost, comes twice or dies',
  async () => {
    const total = MESSAGES;
    const it = world({
      ...{ name: 'sms', total, seed: 41 },
      // Together 10 % errors of three kinds, and 5 % of lost answers.
      odds: { busy: 0.05, refused: 0.03, broken: 0.02, lost: 0.05 },
      chances: { crash: 0.15, lost: 0.005, refused: 0.01 },
      doubled: 0.3,
    });
    await it.open();
    const settled = async () => {
      const batch = await it.progress();
      return batch !== undefined && batch.remaining === 0 && (await it.states()).size === total;
    };
    await it.machine.until(seldom(settled));
    // Receipts for all that was taken: the carrier's own word.
    await it.tellReceipts();
    // What has no receipt after three days stays unknown.
    it.machine.pass(74 * 60 * 60 * 1_000);
    await it.machine.until(seldom(async () => (await it.progress())?.inFlight === 0));

    expect(Math.max(...it.carrier.taken.values())).toBe(1);
    const states = await it.states();
    const count = (which: (message: string) => boolean) => it.ids.filter(which).length;
    const delivered = count((message) => states.get(message) === 'delivered');
    const failed = count((message) => states.get(message) === 'failed');
    const unknown = count((message) => states.get(message) === 'unknown');
    expect(delivered + failed + unknown).toBe(total);
    // Whatever the carrier took is known to be delivered, and nothing else is.
    expect(delivered).toBe(it.carrier.taken.size);
    for (const message of it.carrier.taken.keys()) expect(states.get(message)).toBe('delivered');
    for (const [message, state] of states)
      if (state === 'failed') expect(it.carrier.refused).toContain(message);
    expect(unknown).toBeGreaterThan(0);
    expect(unknown).toBeLessThan(total * 0.1);
    const batch = await it.progress();
    expect(batch).toMatchObject({
      status: 'completed',
      total,
      succeeded: delivered,
      inFlight: 0,
      remaining: 0,
    });
    expect(batch?.failed).toBe(failed + unknown);
    expect(await it.receiptCounts()).toEqual({ delivered, failed: 0 });
  },
  120_000 + MESSAGES * 90,
);

test('knows every message when nobody dies and the carrier answers, however often queues deliver twice', async () => {
  const it = world({
    ...{ name: 'calm', total: 500, seed: 7, chances: peaceful, doubled: 0.5 },
    odds: { busy: 0.3, refused: 0.1, broken: 0, lost: 0 },
  });
  await it.open();
  await it.machine.until(seldom(async () => (await it.progress())?.endedAt !== undefined));
  const states = await it.states();
  expect(new Set(states.values())).toEqual(new Set(['sent', 'failed']));
  expect(it.carrier.taken.size + it.carrier.refused.size).toBe(500);
  expect(await it.progress()).toMatchObject({
    succeeded: it.carrier.taken.size,
    failed: it.carrier.refused.size,
  });
}, 120_000);

test('leaves a message unsent, and not in doubt, if the keys of its carrier cannot be read', async () => {
  const it = world({
    ...{ name: 'keyless', total: 1, seed: 11, chances: peaceful, doubled: 0 },
    odds: { busy: 0, refused: 0, broken: 0, lost: 0 },
  });
  await it.open();
  const batch = await it.progress();
  if (!batch) throw new Error('there is no batch');
  const { runSideEffects } = smsKind({
    store: retrying(table.store, it.machine.depsOf(), () => it.machine.now + 45_000),
    table: () => table.name,
    provider: () => Promise.reject(new Error('no keys')),
    optedOut: async () => new Set(),
    recordCarrierOptOut: async () => undefined,
    settle: () => Promise.reject(new Error('nothing is to be settled')),
    ...it.machine.depsOf(),
  });
  const waiting = [{ data: 0, places: [0], chunk: 0, index: 0 }];
  await expect(runSideEffects?.({ batch, chunk: 0, waiting }, false)).rejects.toThrow('no keys');
  expect(await it.states()).toEqual(new Map());
});

test('sends nothing of what was not begun once its batch is cancelled, and all numbers stay true', async () => {
  const it = world({
    ...{ name: 'cancel', total: 500, seed: 9, chances: peaceful, doubled: 0.2 },
    odds: { busy: 0, refused: 0, broken: 0, lost: 0 },
  });
  await it.open();
  await it.machine.drain(5);
  const before = await it.progress();
  await it.machine.engine().engine.cancel(before?.id ?? '');
  await it.machine.drain();
  const after = await it.progress();
  expect(after).toMatchObject({
    status: 'canceled',
    inFlight: 0,
    remaining: 0,
    succeeded: it.carrier.taken.size,
  });
  expect((after?.succeeded ?? 0) + (after?.canceled ?? 0)).toBe(500);
  expect(after?.canceled).toBeGreaterThan(0);
});
