import { admit } from '../../core/identify.ts';
import { serve } from '../../core/serve.ts';
import { countersOf } from '../../core/transaction/ledger.ts';
import { ops } from './api.ts';

const actions = ['create', 'update', 'delete'] as const;

/** A label's value: backslash, quote and line break are escaped (Prometheus, text-based exposition format). */
const label = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

export const handler = serve(ops.metrics, async ({ caller }) => {
  const open = process.env.METRICS_OPEN === 'true';
  const reader = open ? undefined : admit(caller, ['admin', 'super_admin']);
  const tenants = reader?.role === 'admin' ? [reader.tenantId] : 'all';
  const counted = await countersOf('patients', tenants);
  const samples = counted.flatMap(({ tenant, counter }) =>
    actions.map(
      (action) =>
        `patient_operations_total{action="${action}", tenant_id="${label(tenant)}"} ${counter(`op:${action}`)}`,
    ),
  );
  return [
    '# HELP patient_operations_total Patients created, updated and deleted by committed operations.',
    '# TYPE patient_operations_total counter',
    ...samples,
    '',
  ].join('\n');
});
