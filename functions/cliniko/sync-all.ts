import { serve } from '../../core/http/serve.ts';
import { cliniko } from './api.ts';
import { answerStart, startQuotaStatus } from './sync/answer-start.ts';

const contract = cliniko.syncAll;

export const handler = serve(
  contract,
  async ({ params: { orgId }, caller, clock }) => answerStart(contract, caller, orgId, clock.now()),
  { quotaStatus: startQuotaStatus },
);
