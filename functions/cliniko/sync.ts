import { serve } from '../../core/serve.ts';
import { answerStart } from './answer-start.ts';
import { cliniko } from './api.ts';

export const handler = serve(cliniko.sync, async ({ params: { orgId }, caller, clock }) =>
  answerStart(caller, orgId, clock.now(), {
    Link: `</api/v1/cliniko/sync-all/${orgId}>; rel="successor-version"`,
  }),
);
