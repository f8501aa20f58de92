import { timestamp } from '../../core/clock.ts';
import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { patients } from './api.ts';
import { changeOne } from './change-one.ts';
import { changed } from './patient.ts';

export const handler = serve(
  patients.updateOne,
  async ({ params: { id }, body, caller, clock, answer }) => {
    const at = timestamp(clock.now());
    return await changeOne({ id, caller, answer }, ({ tenant, document }) => {
      const result = changed(document, body, at);
      return { change: { kind: 'update', tenant, document: result }, result };
    });
  },
  { outcomeOf },
);
