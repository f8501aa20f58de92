import type { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import { type Engine, openEngine } from '../../../core/batch/engine.ts';
import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { log } from '../../../core/log.ts';
import { send } from '../../../core/queue.ts';
import { type Sending, smsKind } from './send-messages.ts';

/** What only the worker that sends messages needs; everybody else opens, reads and cancels batches. */
export type SendingParts = Pick<Sending, 'provider' | 'optedOut' | 'awaitReceipt'>;

const nobodySends: SendingParts = {
  provider: () => Promise.reject(new Error('only the worker of the queue sends messages')),
  optedOut: () => Promise.reject(new Error('only the worker of the queue sends messages')),
};

/** The batches of messages of every tenant. */
export function smsEngine(parts: SendingParts = nobodySends): Engine {
  const engine: Engine = openEngine({
    name: 'sms',
    kinds: {
      sms: smsKind({
        ...parts,
        store: dynamo(),
        table: () => tableName('messaging'),
        settle: (settlement) => engine.settle(settlement),
        ...systemDeps,
      }),
    },
    send: (tenant: string, message: ChunkMessage) => send('smsBatches', tenant, message),
    onEnded: async ({ details, status, total, succeeded, failed }) =>
      log('info', 'batch of messages ended', {
        batch: String(details.sms),
        status,
        total,
        succeeded,
        failed,
      }),
  });
  return engine;
}
