import { byName } from '../../core/by-name.ts';
import { queues, type TableName, tables } from '../../core/contract/resources.ts';
import { within } from '../../core/deadline.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryFirst } from '../../core/dynamo/query-all.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { fetchKeys } from '../../core/http/identify.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { describe, log } from '../../core/log.ts';
import { inspectQueue } from '../../core/queue.ts';
import { ops } from './api.ts';

/** Time within which a dependency must answer; later it counts as unavailable. */
const probeMs = 2_000;

/** Reads a partition that no table has, which is the cheapest probe of any: no key but `pk` is named. */
const reachTable = (table: TableName) =>
  queryFirst(dynamo(), { table: tableName(table), range: { pk: 'READY' } }, 1);

/** One cheap read of each dependency and no more, since anyone may call. */
const probes = (signal: AbortSignal): Record<string, Promise<unknown>> => ({
  ...byName(tables, reachTable),
  ...byName(queues, (queue) => inspectQueue(queue, signal)),
  tokens: fetchKeys(),
});

async function stateOf(name: string, probe: Promise<unknown>, tooLate: Promise<never>) {
  try {
    await Promise.race([probe, tooLate]);
    return 'ok' as const;
  } catch (error) {
    log('warn', 'dependency unavailable', { dependency: name, ...describe(error) });
    return 'unavailable' as const;
  }
}

export const handler = serve(ops.ready, async ({ clock }) => {
  const signal = AbortSignal.timeout(probeMs);
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  const begun = Object.entries(within(clock.now() + probeMs, () => probes(signal)));
  const states = await Promise.all(
    begun.map(async ([name, probe]) => [name, await stateOf(name, probe, tooLate)] as const),
  );
  const checks = Object.fromEntries(states);
  if (states.some(([, state]) => state === 'unavailable'))
    throw new Problem('unavailable', 'Not ready', { details: { checks }, retryAfter: 5 });
  return { status: 'ready' as const, checks };
});
