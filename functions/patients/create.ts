import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { admit } from './admit.ts';
import { patients } from './api.ts';
import { patientLedger } from './store.ts';

export const handler = serve(
  patients.create,
  async ({ body, caller, clock, answer }) => {
    const admitted = admit(body, caller, clock.now());
    return await patientLedger().write({
      actor: caller.userId,
      reads: [],
      decide: () => ({
        changes: admitted.map((patient) => ({
          kind: 'create',
          tenant: patient.tenant_id,
          document: patient,
        })),
        result: { created: admitted.length, total: body.length, patients: admitted },
      }),
      answer,
    });
  },
  { outcomeOf },
);
