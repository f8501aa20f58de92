import { timestamp } from '../../../core/clock.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { WithHeaders } from '../../../core/http/reply.ts';
import type { AnswerWith } from '../../../core/http/serve.ts';
import { describe, log } from '../../../core/log.ts';
import { type PackedMessage, packMessages, type ReadFile, type UploadCounts } from './batch.ts';
import { smsEngine } from './engine.ts';
import { isDueSoon, release, sendDueMessage } from './release.ts';
import { storeBatch } from './store.ts';

/** A batch of messages, composed by an endpoint. */
export interface SmsOrder {
  id: string;
  messages: Required<PackedMessage>[];
  /** Time to send, in milliseconds since the epoch. */
  dueAt: number;
  scheduled: boolean;
  campaignId?: string | null | undefined;
  templateId?: string | null | undefined;
  /** Only for a file: its counts, and what was read of it. */
  upload?: { counts: UploadCounts; read: ReadFile };
}

const batchLocation = (id: string): string => `/api/messaging/sms/batches/${id}/`;

/**
 * Stores a batch together with the caller's answer. A batch that is due now is also released to the batch
 * engine before the answer is returned.
 *
 * @param now milliseconds since the epoch.
 * @throws Problem as `storeBatch` does.
 */
export async function accept<R>(
  order: SmsOrder,
  reply: R,
  caller: Caller,
  answer: AnswerWith,
  now: number,
): Promise<WithHeaders<R>> {
  const { id, scheduled, campaignId, templateId, upload } = order;
  const { tenantId: tenant, userId: user } = caller;
  const { text, from, messages } = packMessages(order.messages);
  const dueAt = timestamp(order.dueAt);
  const given = new WithHeaders(reply, {
    Location: upload ? `/api/messaging/sms/uploads/${id}/` : batchLocation(id),
  });
  await storeBatch(
    {
      ...{ id, tenant, user, text, from, scheduled, dueAt, createdAt: timestamp(now) },
      ...(campaignId ? { campaignId } : {}),
      ...(templateId ? { templateId } : {}),
      ...(upload ? { upload: upload.counts } : {}),
    },
    messages,
    upload?.read,
    await answer(undefined, given),
  );
  const deps = { store: dynamo(), engine: smsEngine() };
  try {
    if (order.dueAt <= now) await release(deps, tenant, id, now);
    else if (isDueSoon(dueAt, now)) await sendDueMessage({ tenant, id, dueAt }, now);
  } catch (error) {
    // The batch is stored and the sweep releases it: an error answer would make the caller send it again.
    log('error', 'SMS batch left to the sweep', { batch: id, ...describe(error) });
  }
  return given;
}
