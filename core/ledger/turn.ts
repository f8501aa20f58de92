import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import { abort, readHead } from './head.ts';
import { finish } from './recovery.ts';

const firstPauseMs = 5;
const pauseMsMax = 60;

/**
 * Waits until every batch that drew its stamp earlier is decided. A batch that met a conflict draws its stamp before it reads,
 * and so gets its turn: without a queue, rivals over the same records push each other away again and again.
 *
 * @throws Conflict if its turn has not come at `patienceEndMs`.
 */
export async function waitForTurn(
  context: Context,
  tenant: string,
  ticket: number,
  patienceEndMs: number,
): Promise<void> {
  // Ends at `patienceEndMs`.
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    const head = await readHead(context, tenant);
    const earlier = Object.entries(head?.f ?? {}).filter(
      ([txId, entry]) => entry.s !== 'A' && (head?.gn[txId] ?? 0) < ticket,
    );
    if (!head || earlier.length === 0) return;
    for (const [txId, entry] of earlier) {
      if (entry.s === 'R') await finish(context, tenant, txId, head);
      else if (entry.exp <= context.now()) await abort(context, tenant, txId, head.gn[txId] as number);
    }
    if (context.now() > patienceEndMs)
      throw new Conflict('Other transactions of the tenant were not decided in time');
    await context.pause(pauseMs * context.random());
  }
}
