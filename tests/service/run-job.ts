import type { Job } from '../../core/job.ts';
import type { Running } from '../../local/start.ts';

/** Runs a job now, instead of when its schedule says or its queue has something for it. */
export async function runJob(
  { stack, invoke }: Pick<Running, 'stack' | 'invoke'>,
  job: Job,
  event: object = {},
) {
  const functions = stack.resources<{ Description?: string }>('AWS::Lambda::Function');
  const found = functions.find(({ properties }) => properties.Description === job.summary);
  if (!found) throw new Error(`there is no job "${job.summary}"`);
  return await invoke(found.logicalId, event);
}
