import { WithHeaders } from '../../core/http/reply.ts';
import { serve } from '../../core/http/serve.ts';
import { patients } from './api.ts';
import { genders } from './patient.ts';
import { querySnapshot, visibleTo } from './store.ts';

export const handler = serve(patients.dashboard, async ({ query: { tenant_id }, caller }) => {
  const { value, headers } = await querySnapshot(
    visibleTo(caller, tenant_id),
    'dashboard:counts',
    async (views) => {
      const sum = (counter: string) => views.reduce((total, view) => total + view.counter(counter), 0);
      const byGender = genders.map((gender) => [gender, sum(`gender:${gender}`)] as const);
      return {
        total_patients: sum('total'),
        by_gender: Object.fromEntries(byGender) as Record<(typeof genders)[number], number>,
        operations: { create: sum('op:create'), update: sum('op:update'), delete: sum('op:delete') },
      };
    },
  );
  return new WithHeaders(value, headers);
});
