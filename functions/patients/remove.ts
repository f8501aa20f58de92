import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { patients } from './api.ts';
import { patientLedger, placesOf } from './store.ts';

export const handler = serve(
  patients.remove,
  async ({ body, caller, answer }) => {
    const ids = [...new Set(body.filter((id) => id !== undefined))];
    return await patientLedger().write({
      actor: caller.userId,
      reads: await placesOf(caller, ids),
      decide: (found) => {
        const present = ids.flatMap((id) => {
          const patient = found.get(id);
          return patient ? [{ kind: 'delete' as const, tenant: patient.tenant, id }] : [];
        });
        return { changes: present, result: { deleted: present.length, requested: body.length } };
      },
      answer,
    });
  },
  { outcomeOf },
);
