import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/serve.ts';
import { patients } from './api.ts';
import { SINGLE } from './audit-log.ts';
import { changed } from './patient.ts';
import { notFound, patientLedger, placesOf } from './store.ts';

export const handler = serve(patients.updateOne, async ({ params: { id }, body, caller, clock, answer }) => {
  const at = timestamp(clock.now());
  return await patientLedger().write({
    actor: caller.userId,
    note: SINGLE,
    reads: await placesOf(caller, [id]),
    decide: (found) => {
      const patient = found.get(id);
      if (!patient) throw notFound(id);
      const document = changed(patient.document, body, at);
      return { changes: [{ kind: 'update', tenant: patient.tenant, document }], result: document };
    },
    answer,
  });
});
