import { randomUUID } from 'node:crypto';
import { serve } from '../../core/http/serve.ts';
import { optedOut } from './contacts/opted-out.ts';
import { accept } from './sms/accept.ts';
import { smsEndpoints } from './sms/api.ts';
import { bulkSendReply, checkPhones, composeMessages, readSchedule } from './sms/bulk-order.ts';
import { batchIdFrom } from './sms/messages/id.ts';
import { textToSend } from './sms/templates/store.ts';

export const handler = serve(smsEndpoints.bulkSend, async ({ body, caller, answer, clock }) => {
  const { contacts, message, sender_id, template_id, campaign_id } = body;
  const now = clock.now();
  checkPhones(contacts);
  const time = readSchedule(body.schedule_at, now);
  const text = await textToSend(caller.tenantId, template_id, message);
  const phones = [...new Set(contacts.map(({ phone }) => phone))];
  const messages = composeMessages(text, sender_id, contacts, await optedOut(caller.tenantId, phones));
  const id = batchIdFrom(randomUUID());
  const reply = bulkSendReply(id, contacts, messages);
  if (messages.length === 0) return reply;
  const order = { id, messages, ...time, campaignId: campaign_id, templateId: template_id };
  return await accept(order, reply, caller, answer, now);
});
