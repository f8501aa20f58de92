import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

const nothing = () => {};

/**
 * What all clients of AWS share.
 *
 * A call is given up after a second without a connection or five without an answer: AWS answers in milliseconds, so a longer silence is
 * a lost answer and worth a retry inside Lambda's own timeout. The SDK copies every input and output for a logger that has `info` and
 * `error`, also for its own that does nothing with them; this one has neither, which saves a fifth of the work for large requests.
 */
export const clientSettings = {
  // Without the last one the SDK only warns, and waits on.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  logger: { trace: nothing, debug: nothing, warn: console.warn } as DynamoDBClientConfig['logger'],
};
