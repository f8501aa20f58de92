import { formField } from '../form-field.ts';
import type { Guard } from '../iam/guard.ts';
import { s3Accesses } from '../iam/s3-accesses.ts';
import type { Stack } from '../template/stack.ts';
import type { QueueEngine } from './queue-engine.ts';
import type { AwsService } from './service.ts';

/**
 * S3: each request is judged by bucket and key, then answered by the engine. Neither signatures nor the
 * policy of a form upload are checked.
 */
export function s3Service(engine: QueueEngine, guard: Guard): AwsService {
  return (request) => {
    const { method, url, headers, body } = request;
    const copySource = headers['x-amz-copy-source'];
    const isForm = headers['content-type']?.startsWith('multipart/form-data') === true;
    const formKey = isForm ? formField(body, 'key') : undefined;
    guard(
      request.principal,
      s3Accesses(method, url, typeof copySource === 'string' ? copySource : undefined, formKey),
    );
    return engine.answer(request);
  };
}

/** Creates the buckets of the template that the engine does not have yet. */
export function createBuckets(stack: Stack, { buckets }: QueueEngine): void {
  for (const { name } of stack.resources('AWS::S3::Bucket'))
    if (!buckets.hasBucket(name)) buckets.createBucket(name);
}
