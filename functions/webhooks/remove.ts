import { serve } from '../../core/http/serve.ts';
import { webhooks } from './api.ts';
import { removeVisible } from './scope.ts';
import { addressOf } from './webhook-address.ts';

export const handler = serve(webhooks.remove, async ({ body, caller }) =>
  removeVisible(caller, ({ id, url }) => id === body.id || addressOf(url) === body.url),
);
