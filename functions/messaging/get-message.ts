import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { smsEndpoints } from './sms/api.ts';
import { smsKeys } from './sms/batch.ts';
import { placeOfMessage } from './sms/messages/id.ts';
import { asMessage } from './sms/messages/record.ts';
import { engineProgress } from './sms/progress.ts';
import { receiptIn } from './sms/receipts/pack.ts';
import { readItem, readMessage, readSmsBatch } from './sms/store.ts';
import { messageToReply } from './sms/view.ts';

export const handler = serve(smsEndpoints.getMessage, async ({ params, caller }) => {
  const id = params.messageId.toLowerCase();
  const place = placeOfMessage(id);
  if (!place) throw new Problem('not_found', 'Message not found');
  const batch = await readSmsBatch(caller.tenantId, place.batchId, 'Message');
  const packed = place.n < batch.total ? await readMessage(batch, place.n) : undefined;
  if (!packed) throw new Problem('not_found', 'Message not found');
  const [item, receipts, progress] = await Promise.all([
    readItem(smsKeys.message(caller.tenantId, id)),
    readItem(smsKeys.receiptPack(caller.tenantId, place.batchId, place.n)),
    engineProgress(batch),
  ]);
  const record = item && asMessage(item);
  return messageToReply(batch, place.n, packed, { record, receipt: receiptIn(receipts, place.n) }, progress);
});
