import { WithHeaders } from '../../core/http/reply.ts';
import { serve } from '../../core/http/serve.ts';
import { patients } from './api.ts';
import { asPatient } from './patient.ts';
import { notFound, placesOf, querySnapshot } from './store.ts';

export const handler = serve(patients.get, async ({ params: { id }, caller }) => {
  for (const { tenant } of await placesOf(caller, [id])) {
    const { value, headers } = await querySnapshot(
      tenant,
      `patients:detail:${id}`,
      async ([view]) => await view?.get(id),
    );
    if (value) return new WithHeaders(asPatient(value), headers);
  }
  throw notFound(id);
});
