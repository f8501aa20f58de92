import type { Job } from '../../core/job.ts';
import type { Running } from '../../local/start.ts';

/** Runs a scheduled job now instead of at its time. */
export async function runJob({ stack, invoke }: Pick<Running, 'stack' | 'invoke'>, job: Job): Promise<void> {
  const functions = stack.resources<{ Description?: string }>('AWS::Lambda::Function');
  const found = functions.find(({ properties }) => properties.Description === job.summary);
  if (!found) throw new Error(`there is no job "${job.summary}"`);
  await invoke(found.logicalId, {});
}
