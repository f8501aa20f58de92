import { serve } from '../../core/http/serve.ts';
import { webhooks } from './api.ts';
import { removeVisible } from './scope.ts';

export const handler = serve(webhooks.removeById, async ({ params, caller }) =>
  removeVisible(caller, ({ id }) => id === params.id),
);
