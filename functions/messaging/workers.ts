import type { Worker } from '../../core/contract/worker.ts';
import { contactWorkers } from './contacts/workers.ts';
import { smsWorkers } from './sms/workers.ts';

/** Workers for contacts and text messages. */
export const messagingWorkers = { ...contactWorkers, ...smsWorkers } satisfies Record<string, Worker>;
