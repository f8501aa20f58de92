import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { removeVisible } from './webhook-scope.ts';

export const handler = serve(cliniko.removeWebhook, async ({ body, caller }) =>
  removeVisible(caller, ({ id, url }) => id === body.id || url === body.url),
);
