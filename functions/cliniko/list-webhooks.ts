import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { toldWebhook } from './webhook.ts';
import { visibleWebhooks } from './webhook-scope.ts';

export const handler = serve(cliniko.listWebhooks, async ({ caller }) => ({
  webhooks: (await visibleWebhooks(caller)).map(toldWebhook),
}));
