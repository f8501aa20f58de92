import { setTimeout } from 'node:timers/promises';
import { chunksOf } from '../../../core/parallel.ts';
import type { StacksNode } from '../../../functions/content/chain/node.ts';
import { noncesAtOnceMax } from '../../../functions/content/chain/store.ts';

/** Sends signed calls as many at a time as may be unconfirmed, and waits until the chain has counted them. Nothing is stored. */
export async function broadcastInLoop(
  node: StacksNode,
  sender: string,
  from: number,
  signed: string[],
): Promise<void> {
  let next = from;
  for (const window of chunksOf(signed, noncesAtOnceMax)) {
    for (const raw of window) {
      const { kind } = await node.broadcast(raw);
      if (kind !== 'accepted') throw new Error(`the node did not take a call: ${kind}`);
    }
    next += window.length;
    while ((await node.nonceOf(sender)) !== next) await setTimeout(5);
  }
}
