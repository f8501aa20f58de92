import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { contentToReply, newContentRecord } from './content.ts';
import { registrationOf } from './registration.ts';
import { checkCreator, insertContent } from './store.ts';

export const handler = serve(content.register, async ({ body, caller, clock, event }) => {
  const { creator, items } = body;
  checkCreator(caller, creator);
  const owner = { creator, tenantId: caller.tenantId, registration: registrationOf(event, caller) };
  const now = timestamp(clock.now());
  const records = await insertContent(items.map((item) => newContentRecord(item, owner, now)));
  return {
    message: 'Content registered successfully',
    totalItems: records.length,
    items: records.map((record) => contentToReply(record, true)),
  };
});
