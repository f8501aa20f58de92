import { serve } from '../../core/http/serve.ts';
import { present } from '../../core/invariant.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { admit } from './admit.ts';
import { patients } from './api.ts';
import { singleNote } from './audit-log.ts';
import { patientLedger } from './store.ts';

export const handler = serve(
  patients.createOne,
  async ({ body, caller, clock, answer }) => {
    const patient = present(admit([body], caller, clock.now())[0], 'one patient is admitted');
    return await patientLedger().write({
      actor: caller.userId,
      note: singleNote,
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
