import { serve } from '../../core/http/serve.ts';
import { outcomeOf } from '../../core/ledger/ledger.ts';
import { patients } from './api.ts';
import { changeOne } from './change-one.ts';

export const handler = serve(
  patients.removeOne,
  async ({ params: { id }, caller, answer }) => {
    return await changeOne({ id, caller, answer }, ({ tenant }) => ({
      change: { kind: 'delete', tenant, id },
      result: undefined,
    }));
  },
  { outcomeOf },
);
