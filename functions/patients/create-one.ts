import { serve } from '../../core/serve.ts';
import { admit } from './admit.ts';
import { patients } from './api.ts';
import { patientLedger } from './store.ts';

export const handler = serve(patients.createOne, async ({ body, caller, clock, keep }) => {
  const patient = admit(body, 0, caller, clock.now());
  return await patientLedger().write({
    actor: caller.userId,
    reads: [],
    decide: () => ({
      changes: [{ kind: 'create', tenant: patient.tenant_id, document: patient }],
      result: patient,
    }),
    answer: keep,
  });
});
