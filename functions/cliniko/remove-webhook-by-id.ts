import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { removeVisible } from './webhook-scope.ts';

export const handler = serve(cliniko.removeWebhookById, async ({ params, caller }) =>
  removeVisible(caller, ({ id }) => id === params.id),
);
