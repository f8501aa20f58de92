import { serve } from '../../core/http/serve.ts';
import { webhooks } from './api.ts';
import { visibleWebhooks } from './scope.ts';
import { webhookToReply } from './webhook-shape.ts';

export const handler = serve(webhooks.list, async ({ caller }) => ({
  webhooks: (await visibleWebhooks(caller)).map(webhookToReply),
}));
