import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import { type Engine, openEngine } from '../../../core/batch/engine.ts';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { log } from '../../../core/log.ts';
import { send } from '../../../core/queue.ts';
import { type SendDeps, smsKind } from './messages/send.ts';

/** Deps of the worker that sends messages. Other functions only open, read and cancel batches. */
export type ProviderDeps = Pick<SendDeps, 'provider' | 'optedOut' | 'scheduleReceiptPoll'>;

let store: Store | undefined;

/** DynamoDB store for the messaging table, without automatic retries. Made on first use. */
export function smsTables(): Store {
  store ??= dynamoStore();
  return store;
}

const noProvider: ProviderDeps = {
  provider: () => Promise.reject(new Error('only the queue worker sends messages')),
  optedOut: () => Promise.reject(new Error('only the queue worker sends messages')),
};

/**
 * Batch engine for text messages of all tenants.
 *
 * @param deps only for the worker that sends; without them a send is rejected.
 */
export function smsEngine(deps: ProviderDeps = noProvider): Engine {
  const engine: Engine = openEngine({
    name: 'sms',
    kinds: {
      sms: smsKind({
        ...deps,
        store: smsTables(),
        table: () => tableName('messaging'),
        settle: (settlement) => engine.settle(settlement),
        now: () => Date.now(),
        random: () => Math.random(),
        pause: (milliseconds) => setTimeout(milliseconds),
        unique: () => randomUUID(),
      }),
    },
    send: (tenant: string, message: ChunkMessage) => send('smsBatches', tenant, message),
    announce: async ({ details, status, total, succeeded, failed }) =>
      log('info', 'SMS batch ended', {
        batch: String(details.sms),
        status,
        total,
        succeeded,
        failed,
      }),
  });
  return engine;
}
