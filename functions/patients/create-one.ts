import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { admit } from './admit.ts';
import { patients } from './api.ts';
import { SINGLE } from './audit-log.ts';
import type { Patient } from './patient.ts';
import { patientLedger } from './store.ts';

export const handler = serve(
  patients.createOne,
  async ({ body, caller, clock, answer }) => {
    const [patient] = admit([body], caller, clock.now()) as [Patient];
    return await patientLedger().write({
      actor: caller.userId,
      note: SINGLE,
      reads: [],
      decide: () => ({
        changes: [{ kind: 'create', tenant: patient.tenant_id, document: patient }],
        result: patient,
      }),
      answer,
    });
  },
  { outcomeOf },
);
