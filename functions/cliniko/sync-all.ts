import { serve } from '../../core/serve.ts';
import { answerStart, startStanding } from './answer-start.ts';
import { cliniko } from './api.ts';

const contract = cliniko.syncAll;

export const handler = serve(
  contract,
  async ({ params: { orgId }, caller, clock }) => answerStart(contract, caller, orgId, clock.now()),
  { standing: startStanding },
);
