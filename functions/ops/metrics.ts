import type { TableName } from '../../core/contract/resources.ts';
import { admit } from '../../core/http/identify.ts';
import { serve } from '../../core/http/serve.ts';
import { countersOf } from '../../core/ledger/ledger.ts';
import { ops } from './api.ts';

const actions = ['create', 'update', 'delete'] as const;

/** The ledgers whose operations are counted, with the name and help text of their metric. */
const ledgers = [
  {
    ledger: 'patients',
    metric: 'patient_operations_total',
    help: 'Patients created, updated and deleted by committed operations.',
  },
  {
    ledger: 'messaging',
    metric: 'contact_operations_total',
    help: 'Contacts created, updated and deleted by committed operations.',
  },
] as const satisfies { ledger: TableName; metric: string; help: string }[];

/** Escapes backslash, quote and line break in a label (Prometheus, text-based exposition format). */
const label = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

async function linesOf({ ledger, metric, help }: (typeof ledgers)[number], tenants: string[] | 'all') {
  const counted = await countersOf(ledger, tenants);
  const samples = counted.flatMap(({ tenant, counter }) =>
    actions.map(
      (action) => `${metric}{action="${action}", tenant_id="${label(tenant)}"} ${counter(`op:${action}`)}`,
    ),
  );
  return [`# HELP ${metric} ${help}`, `# TYPE ${metric} counter`, ...samples];
}

export const handler = serve(ops.metrics, async ({ caller }) => {
  const open = process.env.METRICS_OPEN === 'true';
  const reader = open ? undefined : admit(caller, ['admin', 'super_admin']);
  const tenants = reader?.role === 'admin' ? [reader.tenantId] : 'all';
  const blocks = await Promise.all(ledgers.map((one) => linesOf(one, tenants)));
  return [...blocks.flat(), ''].join('\n');
});
