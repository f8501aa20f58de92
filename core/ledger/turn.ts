import type { Context } from './context.ts';
import { Conflict } from './errors.ts';
import { abort, readHead } from './head.ts';
import { finish } from './recovery.ts';

const pauseMin = 5;
const pauseMax = 60;

/**
 * Waits until every batch that drew its stamp earlier is decided. A batch that met a conflict draws its stamp before it reads,
 * and so gets its turn: without a queue, rivals over the same records push each other away again and again.
 *
 * @throws Conflict if its turn has not come at `patienceEnd`.
 */
export async function waitForTurn(
  context: Context,
  tenant: string,
  ticket: number,
  patienceEnd: number,
): Promise<void> {
  for (let pause = pauseMin; ; pause = Math.min(2 * pause, pauseMax)) {
    const head = await readHead(context, tenant);
    const earlier = Object.entries(head?.f ?? {}).filter(
      ([batch, entry]) => entry.s !== 'A' && (head?.gn[batch] ?? 0) < ticket,
    );
    if (!head || earlier.length === 0) return;
    for (const [batch, entry] of earlier) {
      if (entry.s === 'R') await finish(context, tenant, batch, head);
      else if (entry.exp <= context.clock.now())
        await abort(context, tenant, batch, head.gn[batch] as number);
    }
    if (context.clock.now() > patienceEnd)
      throw new Conflict('Other batches of the tenant were not decided in time');
    await context.pause(pause * (0.5 + context.random() / 2));
  }
}
