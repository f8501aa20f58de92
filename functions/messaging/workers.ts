import type { Worker } from '../../core/contract/worker.ts';
import { contactWorkers } from './contacts/workers.ts';
import { smsWorkers } from './sms/workers.ts';

/** What works behind contacts and text messages. */
export const messagingWorkers = { ...contactWorkers, ...smsWorkers } satisfies Record<string, Worker>;
