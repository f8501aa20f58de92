import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { signSkip } from '../../functions/content/chain/contract-call.ts';
import { noncesAtOnceMax } from '../../functions/content/chain/store.ts';
import { makeLog } from '../../local/log.ts';
import { openStacksStandIn } from '../../local/stacks/stand-in.ts';
import { startTable } from '../core/batch/table.ts';
import { chainPrice, contentOfTx, faults, ledgerOf } from './chain.ts';
import { platform } from './platform.ts';

const folder = await mkdtemp(join(tmpdir(), 'bulkhead-chain-'));
const table = await startTable();
const stacks = await openStacksStandIn(folder, makeLog());
vi.stubEnv('CONTENT_TABLE', table.name);
const world = { table, stacksUrl: stacks.url };
afterEach(() => faults(stacks.url));
afterAll(async () => {
  await stacks.stop();
  await table.stop();
  await rm(folder, { recursive: true });
});

test('executes every price exactly once and records what the chain has, though answers are lost, nodes are busy and drivers die', async () => {
  const it = await platform(world, 'chaos', 40, {
    chances: { crash: 0.5, lost: 0.02, refused: 0.05 },
    seed: 11,
    speed: 20,
    apiLagMs: 5_000,
  });
  await faults(stacks.url, { seed: 5, lost: 0.25, busy: 0.25, lag: 200 });
  const first = await it.setPrice(1_000);
  const second = await it.setPrice(2_000, it.ids.slice(0, 16));
  await it.until(first, second);
  await faults(stacks.url);
  expect(await it.engine.read(first)).toMatchObject({ status: 'completed', succeeded: 40 });
  expect(await it.engine.read(second)).toMatchObject({ status: 'completed', succeeded: 16 });
  const executed = (await it.transactions()).filter(({ tx_status }) => tx_status === 'success');
  const times = Map.groupBy(executed, contentOfTx);
  for (const [index, id] of it.ids.entries()) {
    expect(times.get(id)).toHaveLength(index < 16 ? 2 : 1);
    const chain = await chainPrice(stacks.url, `${it.signer.address}.content-prices`, id);
    expect(await it.priceOf(id)).toBe(chain);
  }
  expect(executed.map(({ nonce }) => nonce).toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 56 }, (_, n) => n),
  );
  expect((await ledgerOf(stacks.url)).mostPending).toBeLessThanOrEqual(noncesAtOnceMax);
}, 120_000);

test('leaves no gap when the node rejects some calls for good', async () => {
  const it = await platform(world, 'rejects', 30);
  const bad = it.ids.filter((_, n) => n % 3 === 0);
  await faults(stacks.url, { reject: Object.fromEntries(bad.map((id) => [id, 'NotEnoughFunds'])) });
  const batch = await it.setPrice(5);
  await it.until(batch);
  expect(await it.engine.read(batch)).toMatchObject({ succeeded: 20, failed: 10 });
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(bad.includes(id) ? null : 5);
  const again = await it.setPrice(6, it.ids.slice(1, 3));
  await it.until(again);
  expect(await it.engine.read(again)).toMatchObject({ succeeded: 2 });
});

test('never calls failed what the node took and then refused, however late its API tells', async () => {
  const it = await platform(world, 'denied', 12, { speed: 20, apiLagMs: 15_000 });
  const denied = Object.fromEntries(it.ids.map((id) => [id, 'NotEnoughFunds']));
  // Forty seconds of the drivers' time.
  await faults(stacks.url, { seed: 3, lost: 0.3, deny: denied, lag: 2_000 });
  const batch = await it.setPrice(7);
  await it.until(batch);
  await faults(stacks.url);
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 12 });
  const executed = (await it.transactions()).filter(({ tx_status }) => tx_status === 'success');
  expect(executed.map(contentOfTx).toSorted()).toEqual(it.ids.toSorted());
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(7);
}, 60_000);

test.each(['between two steps', 'in the middle of a step'])(
  'a driver that was paused %s while another sent its call does not take the next answer for the first',
  async (where) => {
    const it = await platform(world, `paused ${where}`.replaceAll(' ', '-'), 1, { apiLagMs: 2_000 });
    const batch = await it.setPrice(9);
    await it.machine.drain();
    const awake = Promise.withResolvers<void>();
    let steps = 0;
    const paused = it.drive(
      ({ node }) =>
        where === 'between two steps'
          ? {
              // It begins, signs, and would send next.
              async holdsLease() {
                steps += 1;
                if (steps === 3) await awake.promise;
                return true;
              },
            }
          : { node: { ...node, broadcast: (raw) => awake.promise.then(() => node.broadcast(raw)) } },
      20_000,
    );
    await sleep(500);
    await faults(stacks.url, {
      lag: 1_500,
      deny: Object.fromEntries(it.ids.map((id) => [id, 'NotEnoughFunds'])),
    });
    await it.drive(
      ({ node }) => ({
        node: { ...node, broadcast: (raw) => node.broadcast(raw).then(() => ({ kind: 'unknown' as const })) },
      }),
      200,
    );
    awake.resolve();
    await paused;
    await faults(stacks.url);
    expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 1 });
    expect(await it.priceOf(it.ids[0] ?? '')).toBe(9);
  },
);

test('calls failed what the node refused and may have taken once the chain has mined something else in its place', async () => {
  const it = await platform(world, 'refused', 20);
  const bad = it.ids.filter((_, n) => n % 3 === 0);
  await faults(stacks.url, {
    seed: 4,
    busy: 0.5,
    reject: Object.fromEntries(bad.map((id) => [id, 'NotEnoughFunds'])),
  });
  const batch = await it.setPrice(8);
  await it.until(batch);
  await faults(stacks.url);
  expect(await it.engine.read(batch)).toMatchObject({ succeeded: 13, failed: 7 });
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(bad.includes(id) ? null : 8);
  const executed = (await it.transactions()).filter(({ tx_status }) => tx_status === 'success');
  expect(executed.some(({ contract_call }) => contract_call.function_name === 'skip')).toBe(true);
  expect(executed.map(({ nonce }) => nonce).toSorted((one, other) => one - other)).toEqual(
    executed.map((_, n) => n),
  );
});

test('goes on with other nonces when somebody signs with the same account by hand', async () => {
  const it = await platform(world, 'foreign', 10);
  await it.until(await it.setPrice(1));
  // Two by hand, at nonces that the platform thinks are free.
  for (const nonce of [10, 11]) {
    const { raw } = await signSkip({ nonce, fee: 3_000 }, it.signer, it.settings);
    expect(await it.node.broadcast(raw)).toEqual({ kind: 'accepted' });
  }
  const batch = await it.setPrice(2);
  const ending = it.until(batch);
  while ((await it.engine.read(batch))?.endedAt === undefined) {
    // Only what the API does not know for a while either is taken for somebody else's.
    it.time.ahead += 5_000;
    await sleep(100);
  }
  await ending;
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 10 });
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(2);
});

test('raises the fee of what is not mined for minutes, and still executes it once', async () => {
  const it = await platform(world, 'stuck', 5);
  await faults(stacks.url, { minFee: 5_000 });
  const batch = await it.setPrice(3);
  const ending = it.until(batch);
  while ((await it.engine.read(batch))?.endedAt === undefined) {
    it.time.ahead += 6 * 60_000;
    await sleep(100);
  }
  await ending;
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 5 });
  const transactions = await it.transactions();
  expect(transactions.filter(({ tx_status }) => tx_status === 'success')).toHaveLength(5);
  expect(transactions.some(({ tx_status }) => tx_status === 'dropped_replace_by_fee')).toBe(true);
});

test('calls successful what the node refused by its first answer and took all the same, while its API lags', async () => {
  const it = await platform(world, 'misanswered', 20, { apiLagMs: 1_500 });
  const taken = it.ids.filter((_, n) => n % 2 === 0);
  const misanswer = Object.fromEntries(taken.map((id) => [id, 'NotEnoughFunds']));
  await faults(stacks.url, { misanswer, lag: 700 });
  const batch = await it.setPrice(6);
  await it.until(batch);
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 20 });
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(6);
  expect((await it.transactions()).filter(({ tx_status }) => tx_status === 'success')).toHaveLength(20);
});

test('sets every price once through several nodes behind one address, of which some lag behind', async () => {
  const it = await platform(world, 'replicas', 30, { apiLagMs: 1_500 });
  await faults(stacks.url, { seed: 7, replicas: [0, 300, 900], lag: 200, lost: 0.1 });
  const batch = await it.setPrice(2);
  await it.until(batch);
  await faults(stacks.url);
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 30 });
  const executed = (await it.transactions()).filter(({ tx_status }) => tx_status === 'success');
  expect(executed.map(({ nonce }) => nonce).toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 30 }, (_, n) => n),
  );
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(2);
  expect(it.alarms).toEqual([]);
});

test('stores no price before it has its confirmations', async () => {
  const it = await platform(world, 'confirmations', 2, { confirmations: 60 });
  const batch = await it.setPrice(4);
  const ending = it.until(batch);
  const [id = ''] = it.ids;
  const contract = `${it.signer.address}.content-prices`;
  await expect.poll(() => chainPrice(stacks.url, contract, id), { timeout: 10_000 }).toBe(4);
  // Sixty blocks take 2.4 seconds.
  await sleep(800);
  expect(await it.priceOf(id)).toBeNull();
  expect(await it.engine.read(batch)).toMatchObject({ status: 'processing', succeeded: 0 });
  await ending;
  expect(await it.priceOf(id)).toBe(4);
});

test.each([0, 5])(
  'has a hundred prices in blocks without waiting for the confirmations of any, or for a sweep (the node refuses %i)',
  async (refused) => {
    const it = await platform(world, `hundred-${refused}`, 100, { confirmations: 100_000 });
    const bad = it.ids.slice(0, refused);
    await faults(stacks.url, { reject: Object.fromEntries(bad.map((id) => [id, 'NotEnoughFunds'])) });
    const batch = await it.setPrice(5);
    const mined = async () =>
      (await it.transactions()).filter(({ tx_status }) => tx_status === 'success').length;
    const deadline = Date.now() + 30_000;
    while ((await mined()) < 100 - refused && Date.now() < deadline) {
      await it.machine.drain();
      await it.drive(() => ({}), 300);
    }
    expect(await it.engine.read(batch)).toMatchObject({
      ...{ status: 'processing', succeeded: 0, failed: refused, inFlight: 100 - refused, remaining: 0 },
    });
    expect(await mined()).toBe(100 - refused);
  },
  60_000,
);

test.each([true, false])(
  'has every price on the chain again after a fork took them back, by the same transactions (mempool kept: %s)',
  async (mempool) => {
    const it = await platform(world, `forked-${mempool}`, 30, { confirmations: 120 });
    const batch = await it.setPrice(7);
    const ending = it.until(batch);
    const contract = `${it.signer.address}.content-prices`;
    await expect
      .poll(() => chainPrice(stacks.url, contract, it.ids.at(-1) ?? ''), { timeout: 10_000 })
      .toBe(7);
    const before = (await it.transactions()).map(({ tx_id }) => tx_id).toSorted();
    await faults(stacks.url, { fork: { blocks: 100, mempool } });
    await ending;
    expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 30 });
    for (const id of it.ids) {
      expect(await it.priceOf(id)).toBe(7);
      expect(await chainPrice(stacks.url, contract, id)).toBe(7);
    }
    const executed = (await it.transactions()).filter(({ tx_status }) => tx_status === 'success');
    expect(executed.map(({ tx_id }) => tx_id).toSorted()).toEqual(before);
    if (!mempool) expect(it.alarms).toMatchObject([{ nonce: 0 }]);
  },
);

test('brings prices that were settled for good back to a chain that was set back further', async () => {
  const it = await platform(world, 'deep', 5);
  await it.until(await it.setPrice(8));
  await faults(stacks.url, { fork: { blocks: 100_000, mempool: false } });
  const contract = `${it.signer.address}.content-prices`;
  expect(await chainPrice(stacks.url, contract, it.ids[0] ?? '')).toBeUndefined();
  const batch = await it.setPrice(9, it.ids.slice(0, 1));
  await it.until(batch);
  expect(await it.engine.read(batch)).toMatchObject({ succeeded: 1 });
  expect(it.alarms).toMatchObject([{ nonce: 0, nonces: 5 }]);
  for (const [n, id] of it.ids.entries()) {
    expect(await it.priceOf(id)).toBe(n === 0 ? 9 : 8);
    expect(await chainPrice(stacks.url, contract, id)).toBe(n === 0 ? 9 : 8);
  }
});

test('tells the operator of an item that is called successful and that a fork deeper than the confirmations undid', async () => {
  const it = await platform(world, 'undone', 2);
  const [gone = '', kept = ''] = it.ids;
  const first = await it.setPrice(8);
  await it.until(first);
  await faults(stacks.url, {
    ...{ fork: { blocks: 100_000, mempool: false }, deny: { [gone]: 'NotEnoughFunds' } },
  });
  await it.until(await it.setPrice(9, [kept]));
  // Each of the two drivers tells it, which have no lease here.
  const told = () => it.alarms.find(({ batch }) => batch === first)?.message;
  await expect.poll(told).toContain('may call it successful');
  // The content follows the chain; its batch has ended and tells what was settled then.
  expect(await it.priceOf(gone)).toBeNull();
  expect(await it.priceOf(kept)).toBe(9);
  expect((await it.engine.entries(first)).map(({ outcome }) => outcome && 'result' in outcome)).toEqual([
    true,
    true,
  ]);
});

test('tells the operator of a chain that was reset further than calls are kept, and goes on with its nonces once told to', async () => {
  const it = await platform(world, 'reset', 3);
  await it.until(await it.setPrice(8));
  await it.forget(1);
  await faults(stacks.url, { fork: { blocks: 100_000, mempool: false } });
  // The operator deploys the contract with the first nonce.
  await it.node.broadcast((await signSkip({ nonce: 0, fee: 3_000 }, it.signer, it.settings)).raw);
  await expect.poll(() => it.node.nonceOf(it.signer.address)).toBe(1);
  const batch = await it.setPrice(9, it.ids.slice(0, 1));
  await it.machine.drain();
  await it.drive(() => ({}), 2_000);
  expect(await it.engine.read(batch)).toMatchObject({ status: 'processing' });
  expect(it.alarms[0]).toMatchObject({ nonce: 1, nonces: 2, message: expect.stringContaining('renumber') });
  expect(await it.renumber()).toBe(true);
  await it.through(batch);
  expect(await it.engine.read(batch)).toMatchObject({ succeeded: 1 });
  // The prices that the reset took away are gone here, too, but for the one of which nothing is kept.
  expect(await Promise.all(it.ids.map((id) => it.priceOf(id)))).toEqual([9, 8, null]);
  const executed = (await it.transactions()).filter(({ tx_status }) => tx_status === 'success');
  expect(executed.map(({ nonce }) => nonce)).toEqual([0, 1]);
});

test('gives what is in flight other nonces when the operator renumbers', async () => {
  const it = await platform(world, 'renumbered', 6);
  // Nothing is mined, so all of them are in flight.
  await faults(stacks.url, { minFee: 1_000_000 });
  const batch = await it.setPrice(3);
  await it.machine.drain();
  await it.drive(() => ({}), 1_000);
  await faults(stacks.url, { fork: { blocks: 0, mempool: false } });
  expect(await it.renumber()).toBe(true);
  await it.through(batch);
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 6 });
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(3);
});

test('goes on with what an earlier version stored', async () => {
  const it = await platform(world, 'earlier', 6);
  await faults(stacks.url, { minFee: 1_000_000 });
  const batch = await it.setPrice(3);
  await it.machine.drain();
  await it.drive(() => ({}), 1_000);
  expect(await it.storeAsBefore()).toBe(6);
  await faults(stacks.url);
  await it.through(batch);
  expect(await it.engine.read(batch)).toMatchObject({ status: 'completed', succeeded: 6 });
  for (const id of it.ids) expect(await it.priceOf(id)).toBe(3);
  expect((await it.transactions()).filter(({ tx_status }) => tx_status === 'success')).toHaveLength(6);
});

test('keeps what the chain confirmed when its stand-in is killed', async () => {
  const it = await platform(world, 'killed', 8);
  await it.until(await it.setPrice(4));
  stacks.kill();
  for (const id of it.ids)
    expect(await chainPrice(stacks.url, `${it.signer.address}.content-prices`, id)).toBe(4);
  const batch = await it.setPrice(5);
  await it.until(batch);
  expect(await it.engine.read(batch)).toMatchObject({ succeeded: 8 });
});
