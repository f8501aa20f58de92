import type { Worker } from '../../core/contract/worker.ts';
import type { Running } from '../../local/start.ts';

/** Runs a worker now, instead of when its schedule says or its queue has something for it. */
export async function runWorker(
  { stack, invoke }: Pick<Running, 'stack' | 'invoke'>,
  worker: Worker,
  event: object = {},
) {
  const functions = stack.resources<{ Description?: string }>('AWS::Lambda::Function');
  const found = functions.find(({ properties }) => properties.Description === worker.summary);
  if (!found) throw new Error(`there is no worker "${worker.summary}"`);
  return await invoke(found.logicalId, event);
}
