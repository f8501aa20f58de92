import { within } from '../../core/deadline.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import type { TableKey } from '../../core/dynamo/store.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { fetchKeys } from '../../core/http/identify.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { ops } from './api.ts';

/** Time within which a dependency must answer; later it counts as unavailable. */
const probeMs = 2_000;

/** Reads an item that does not exist, which is the cheapest probe of a table. */
const reach = (table: 'patients' | 'messaging' | 'audit' | 'guards', key: TableKey) =>
  dynamo().get(tableName(table), key);

const stateOf = (probe: Promise<unknown>): Promise<'ok' | 'unavailable'> =>
  probe.then(
    () => 'ok',
    () => 'unavailable',
  );

export const handler = serve(ops.ready, async ({ clock }) => {
  const probes = within(clock.now() + probeMs, () => ({
    patients: reach('patients', { pk: 'READY', sk: 'READY' }),
    messaging: reach('messaging', { pk: 'READY', sk: 'READY' }),
    audit: reach('audit', { pk: 'READY', sk: 'READY' }),
    guards: reach('guards', { pk: 'READY' }),
    tokens: fetchKeys(),
  }));
  const checks = Object.fromEntries(
    await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => [name, await stateOf(probe)] as const),
    ),
  );
  if (Object.values(checks).includes('unavailable'))
    throw new Problem('unavailable', 'Not ready', { details: { checks }, retryAfter: 5 });
  return { status: 'ready' as const, checks };
});
