import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/serve.ts';
import { content } from './api.ts';
import { registered, shown } from './content.ts';
import { checkCreator, insertContent } from './store.ts';

export const handler = serve(content.register, async ({ body: { creator, items }, caller, clock }) => {
  checkCreator(caller, creator);
  const now = timestamp(clock.now());
  const records = items.map((item) => registered(item, { creator, tenantId: caller.tenantId }, now));
  await insertContent(records);
  return {
    message: 'Content registered successfully',
    totalItems: records.length,
    items: records.map((record) => shown(record, true)),
  };
});
