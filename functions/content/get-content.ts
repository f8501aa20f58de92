import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { contentToReply } from './content.ts';
import { isCreator, readContent } from './store.ts';

export const handler = serve(content.getContent, async ({ params, caller }) => {
  const record = await readContent(params.contentId);
  return contentToReply(record, isCreator(caller, { tenant: record.tenantId, creator: record.creator }));
});
