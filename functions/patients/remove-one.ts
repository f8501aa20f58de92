import { serve } from '../../core/serve.ts';
import { patients } from './api.ts';
import { SINGLE } from './audit-log.ts';
import { notFound, patientLedger, placesOf } from './store.ts';

export const handler = serve(patients.removeOne, async ({ params: { id }, caller, answer }) => {
  return await patientLedger().write({
    actor: caller.userId,
    note: SINGLE,
    reads: await placesOf(caller, [id]),
    decide: (found) => {
      const patient = found.get(id);
      if (!patient) throw notFound(id);
      return { changes: [{ kind: 'delete', tenant: patient.tenant, id }], result: undefined };
    },
    answer,
  });
});
