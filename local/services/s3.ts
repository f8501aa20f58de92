import type { Guard } from '../iam/guard.ts';
import { s3Accesses } from '../iam/s3-accesses.ts';
import type { Stack } from '../template/stack.ts';
import type { QueueEngine } from './queue-engine.ts';
import type { AwsService } from './service.ts';

/**
 * S3: judged by bucket and key, answered by the engine. It checks neither signatures nor the policy of a form
 * upload.
 */
export function s3Service(engine: QueueEngine, guard: Guard): AwsService {
  return (request) => {
    const { method, url, headers, body } = request;
    const copySource = headers['x-amz-copy-source'];
    const isForm = headers['content-type']?.startsWith('multipart/form-data') === true;
    const formKey = isForm
      ? /name="?key"?[^\r\n]*\r\n\r\n([^\r\n]+)/i.exec(body.subarray(0, 16_384).toString())?.[1]
      : undefined;
    guard(
      request.principal,
      s3Accesses(method, url, typeof copySource === 'string' ? copySource : undefined, formKey),
    );
    return engine.answer(request);
  };
}

/** Makes the buckets of the template that the engine does not have yet. */
export function createBuckets(stack: Stack, { buckets }: QueueEngine): void {
  for (const { name } of stack.resources('AWS::S3::Bucket'))
    if (!buckets.hasBucket(name)) buckets.createBucket(name);
}
