import { within } from '../../core/deadline.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import type { TableKey } from '../../core/dynamo/store.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { fetchKeys } from '../../core/http/identify.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { ops } from './api.ts';

/** How long a table has to answer before it counts as unavailable. */
const probeMs = 2_000;

/** Reads an item that is not there: the shortest way to find out whether a table answers. */
const reach = (table: 'patients' | 'messaging' | 'audit' | 'guards', key: TableKey) =>
  dynamo().get(tableName(table), key);

export const handler = serve(ops.ready, async ({ clock }) => {
  const probes = within(clock.now() + probeMs, () => ({
    patients: reach('patients', { pk: 'READY', sk: 'READY' }),
    messaging: reach('messaging', { pk: 'READY', sk: 'READY' }),
    audit: reach('audit', { pk: 'READY', sk: 'READY' }),
    guards: reach('guards', { pk: 'READY' }),
    tokens: fetchKeys(),
  }));
  const results = await Promise.allSettled(Object.values(probes));
  const states = results.map(
    ({ status }) => (status === 'fulfilled' ? 'ok' : 'unavailable') as 'ok' | 'unavailable',
  );
  const checks = Object.fromEntries(
    Object.keys(probes).map((name, index) => [name, states[index] ?? 'unavailable']),
  );
  if (states.includes('unavailable'))
    throw new Problem('unavailable', 'Not ready', { details: { checks }, retryAfter: 5 });
  return { status: 'ready' as const, checks };
});
