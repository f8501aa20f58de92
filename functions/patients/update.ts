import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { patients } from './api.ts';
import { changed } from './patient.ts';
import { notFound, patientLedger, placesOf } from './store.ts';

export const handler = serve(
  patients.update,
  async ({ body, caller, clock, answer }) => {
    const at = timestamp(clock.now());
    return await patientLedger().write({
      actor: caller.userId,
      reads: await placesOf(
        caller,
        body.map(({ id }) => id),
      ),
      decide: (found) => {
        const changes = body.map(({ id, ...fields }) => {
          const patient = found.get(id);
          if (!patient) throw notFound(id);
          return {
            kind: 'update' as const,
            tenant: patient.tenant,
            document: changed(patient.document, fields, at),
          };
        });
        return {
          changes,
          result: { updated: changes.length, patients: changes.map(({ document }) => document) },
        };
      },
      answer,
    });
  },
  { outcomeOf },
);
