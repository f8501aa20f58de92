import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateKeyToAddress, randomPrivateKey } from '@stacks/transactions';
import { contentKey } from '../../functions/content/batch/operation.ts';
import { price } from '../../functions/content/batch/price.ts';
import type { Chain, ChainAlarm } from '../../functions/content/chain/chain.ts';
import { readPrice, signPrice, signSkip } from '../../functions/content/chain/contract-call.ts';
import { drive } from '../../functions/content/chain/driver.ts';
import { nonceKey, signerKey } from '../../functions/content/chain/items.ts';
import { stacksNode } from '../../functions/content/chain/node.ts';
import { renumber } from '../../functions/content/chain/renumber.ts';
import type { Signer, StacksSettings } from '../../functions/content/chain/settings.ts';
import { chainStore } from '../../functions/content/chain/store.ts';
import { ContentRecord, newContentRecord } from '../../functions/content/content.ts';
import { type Chances, immortal, type Life, life, peaceful, seeded, storeOf } from '../core/batch/faults.ts';
import { Machine } from '../core/batch/machine.ts';
import type { TestTable } from '../core/batch/table.ts';
import { ledgerOf } from './chain.ts';

/** How much virtual time lies between two sweeps of the batches, in milliseconds. */
const SWEEP = 60_000;

/** A platform with an account of its own, its content, and drivers that may die. */
export async function platform(
  { table, stacksUrl }: { table: TestTable; stacksUrl: string },
  name: string,
  contents: number,
  more: { chances?: Chances; seed?: number; speed?: number; apiLagMs?: number; confirmations?: number } = {},
) {
  const key = `${randomPrivateKey().slice(0, 64)}01`;
  const signer: Signer = { key, address: privateKeyToAddress(key, 'testnet') };
  const settings: StacksSettings = {
    network: 'testnet',
    apiUrl: stacksUrl,
    contract: undefined,
    fee: 3_000,
    confirmations: more.confirmations ?? 2,
    apiLagMs: more.apiLagMs ?? 500,
  };
  const alarms: ChainAlarm[] = [];
  const random = seeded(more.seed ?? 1);
  const node = stacksNode(stacksUrl);
  const time = { ahead: 0 };
  const began = Date.now();
  /** The drivers' clock, which may run faster than ours. */
  const now = () => began + (Date.now() - began) * (more.speed ?? 1) + time.ahead;
  const machine: Machine = new Machine({
    ...{
      table,
      seed: more.seed ?? 1,
      name,
      doubled: more.chances ? 0.3 : 0,
      chances: more.chances ?? peaceful,
    },
    kinds: () => ({ 'update-price': { ...price, runSideEffects: async () => {} } }),
  });
  const ids = Array.from({ length: contents }, (_, n) => `${name}-${n}`);
  const records = ids.map((contentId) => ({
    ...newContentRecord({ contentId, title: 'T', contentType: 'video' }, { creator: 'c', tenantId: 't' }, ''),
    ...contentKey(contentId),
  }));
  for (let from = 0; from < records.length; from += 25)
    await table.store.putMany(table.name, records.slice(from, from + 25));

  const chainOf = (its: Life): Chain => ({
    node: {
      broadcast: (raw) => its.call(() => node.broadcast(raw)),
      statusOf: (txId) => its.call(() => node.statusOf(txId)),
      nonceOf: (address) => its.call(() => node.nonceOf(address)),
      lastUsedBy: (address) => its.call(() => node.lastUsedBy(address)),
      burnHeight: () => its.call(() => node.burnHeight()),
      callRead: (call) => its.call(() => node.callRead(call)),
    },
    store: chainStore(storeOf(table.store, its), table.name, signer.address),
    signer: signer.address,
    driver: randomUUID(),
    unsent: new Set(),
    ...{ fee: settings.fee, confirmations: settings.confirmations, apiLagMs: settings.apiLagMs },
    priceOf: (contentId) => readPrice(contentId, node, signer, settings),
    alarm: (alarm) => alarms.push(alarm),
    signPrice: (job, terms) => signPrice(job, terms, signer, settings),
    signSkip: (terms) => signSkip(terms, signer, settings),
    settle: (settlement) => machine.engineOf(its).settle(settlement),
    goOn: ({ batch, chunk }) => machine.engineOf(its).goOn(batch, chunk),
    contentTable: table.name,
    holdsLease: async () => true,
    now,
    pause: (milliseconds) => sleep(Math.min(20, milliseconds)),
  });
  const { engine } = machine.engine();
  let batches = 0;
  return {
    ...{ engine, machine, ids, signer, settings, node, time, alarms },
    async setPrice(newPrice: number, contentIds = ids): Promise<string> {
      const id = `${name}-batch-${batches++}`;
      const operations = contentIds.map((contentId) => ({ data: { contentId } }));
      const details = { creator: 'c', newPrice };
      await engine.open({ id, kind: 'update-price', tenant: 't', user: 'u', operations, details });
      return id;
    },
    /** Lets one driver run for so many milliseconds, with some of its parts changed. */
    drive: (changed: (chain: Chain) => Partial<Chain>, milliseconds: number) => {
      const chain = chainOf(immortal);
      return drive({ ...chain, ...changed(chain) }, now() + milliseconds);
    },
    renumber: () => renumber(chainOf(immortal)),
    /** Stores the numbering and the nonces as the version before confirmations did. */
    async storeAsBefore() {
      const { put, query } = table.store;
      const { pk, sk } = signerKey(signer.address);
      const { items } = await query({
        TableName: table.name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
      });
      for (const { mined: _mined, tip: _tip, sentAt: _sentAt, ...item } of items)
        await put({ TableName: table.name, Item: item });
      return items.filter((item) => item.sk !== sk).length;
    },
    /** Forgets the bytes of a nonce, as happens to those that were settled long ago. */
    async forget(nonce: number) {
      await table.store.remove({ TableName: table.name, Key: nonceKey(signer.address, nonce) });
    },
    /** Lets one worker and one driver run, to whom nothing happens, until there is nothing left to do. */
    async through(batch: string) {
      const chain = chainOf(immortal);
      while ((await engine.read(batch))?.endedAt === undefined)
        await Promise.all([machine.drain(), drive(chain, now() + 30_000)]);
    },
    /**
     * Lets workers and drivers run, several at once and without the lease that keeps them apart, until these
     * batches have ended.
     */
    async until(...ids: string[]) {
      let over = false;
      const driver = async () => {
        while (!over) {
          const chain = chainOf(life(random, more.chances ?? peaceful, 40));
          await drive(chain, now() + 500 * (more.speed ?? 1)).catch(() => {});
          await sleep(5);
        }
      };
      const worker = async () => {
        while (!over) {
          await machine.drain();
          await machine.sweep(more.chances);
          machine.pass(SWEEP);
          await sleep(50);
        }
      };
      const working = [worker(), driver(), driver()];
      for (const id of ids) while ((await engine.read(id))?.endedAt === undefined) await sleep(20);
      over = true;
      await Promise.all(working);
    },
    async priceOf(contentId: string) {
      const item = await table.store.get(table.name, contentKey(contentId));
      return item && ContentRecord.parse(item).price;
    },
    async transactions() {
      const { transactions } = await ledgerOf(stacksUrl);
      return transactions.filter(({ sender_address }) => sender_address === signer.address);
    },
  };
}
