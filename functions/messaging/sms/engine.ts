import type { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import { type Engine, openEngine } from '../../../core/batch/engine.ts';
import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { log } from '../../../core/log.ts';
import { send } from '../../../core/queue.ts';
import { type SendDeps, smsKind } from './messages/send.ts';

/** Deps of the worker that sends messages. Other functions only open, read and cancel batches. */
export type ProviderDeps = Pick<
  SendDeps,
  'provider' | 'optedOut' | 'recordCarrierOptOut' | 'scheduleReceiptPoll'
>;

const onlyTheWorker = () => Promise.reject(new Error('only the queue worker sends messages'));
const noProvider: ProviderDeps = {
  provider: onlyTheWorker,
  optedOut: onlyTheWorker,
  recordCarrierOptOut: onlyTheWorker,
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
        store: dynamo(),
        table: () => tableName('messaging'),
        settle: (settlement) => engine.settle(settlement),
        ...systemDeps,
      }),
    },
    send: (tenant: string, message: ChunkMessage) => send('smsBatches', tenant, message),
    onEnded: async ({ details, status, total, succeeded, failed }) =>
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
