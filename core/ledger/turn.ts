import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import { abort, readHead } from './head.ts';
import { allListedIn } from './items.ts';
import { finish } from './recovery.ts';

const firstPauseMs = 5;
const pauseMsMax = 60;

/**
 * Waits until every transaction that drew its stamp earlier is decided (a ticket lock). A transaction that
 * met a conflict draws its stamp before it reads, and so gets its turn: without a queue, rivals over the same
 * records push each other away again and again.
 *
 * @param patienceEndMs milliseconds since the Unix epoch.
 * @throws Conflict if its turn has not come at `patienceEndMs`.
 */
export async function waitForTurn(
  context: Context,
  tenant: string,
  stamp: number,
  patienceEndMs: number,
): Promise<void> {
  // Ends at `patienceEndMs`.
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    const head = await readHead(context, tenant);
    const earlier = allListedIn(head).filter((listed) => listed.state !== 'A' && listed.stamp < stamp);
    if (earlier.length === 0) return;
    for (const listed of earlier) {
      if (listed.state === 'R') await finish(context, tenant, listed);
      else if (listed.leaseEndMs <= context.now()) await abort(context, tenant, listed.txId, listed.stamp);
    }
    if (context.now() > patienceEndMs)
      throw new Conflict('Other transactions of the tenant were not decided in time');
    await context.pause(pauseMs * context.random());
  }
}
