import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { documents, tableName } from '../../core/dynamo/tables.ts';
import { fetchKeys } from '../../core/http/identify.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { ops } from './api.ts';

/** Reads an item that is not there: the shortest way to hear from a table. */
const reach = (table: 'patients' | 'messaging' | 'audit', key: Record<string, string>) =>
  documents().send(new GetCommand({ TableName: tableName(table), Key: key, ConsistentRead: true }));

export const handler = serve(ops.ready, async () => {
  const probes = {
    patients: reach('patients', { pk: 'READY', sk: 'READY' }),
    messaging: reach('messaging', { pk: 'READY', sk: 'READY' }),
    audit: reach('audit', { pk: 'READY', sk: 'READY' }),
    guards: documents().send(new GetCommand({ TableName: tableName('guards'), Key: { pk: 'READY' } })),
    tokens: fetchKeys(),
  };
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
