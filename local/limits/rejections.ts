import { type AwsAnswer, AwsError, errorAnswer } from '../services/service.ts';

/** Why DynamoDB does not take one item of a request. */
export type Rejection = 'throttled' | 'conflict' | 'full';

/** Exceptions of throttling that DynamoDB uses (developer guide, "Error handling" and "Throttling"). */
const throttlingErrors = [
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
] as const;
/** The same among the reasons of a cancelled transaction (API reference, TransactWriteItems). */
const throttlingReasons = ['ThrottlingError', 'ProvisionedThroughputExceeded'] as const;

const messages = {
  throttled: 'Throughput exceeds the current capacity of your table or index',
  conflict: 'Transaction is ongoing for the item',
  full: 'Collection size exceeded',
} as const satisfies Record<Rejection, string>;

const oneOf = <T>(list: readonly [T, ...T[]], random: () => number): T =>
  list[Math.floor(random() * list.length)] ?? list[0];

const exception = (code: string, message: string, status = 400): AwsAnswer =>
  errorAnswer('dynamodb', new AwsError(`com.amazonaws.dynamodb.v20120810#${code}`, message, status));

/** The exception of a request for one item or one range, or of a batch of which nothing was taken. */
export function rejected(rejection: Rejection, random: () => number): AwsAnswer {
  switch (rejection) {
    case 'throttled':
      return exception(oneOf(throttlingErrors, random), messages.throttled);
    case 'conflict':
      return exception('TransactionConflictException', messages.conflict);
    case 'full':
      return exception('ItemCollectionSizeLimitExceededException', messages.full);
  }
}

const reasonCode = (rejection: Rejection | undefined, random: () => number): string => {
  switch (rejection) {
    case 'throttled':
      return oneOf(throttlingReasons, random);
    case 'conflict':
      return 'TransactionConflict';
    case 'full':
      return 'ItemCollectionSizeLimitExceeded';
    case undefined:
      return 'None';
  }
};

/** A transaction that was cancelled for these reasons, in the order of its actions, without any effect. */
export function cancelled(rejections: readonly (Rejection | undefined)[], random: () => number): AwsAnswer {
  const reasons = rejections.map((rejection) => ({
    Code: reasonCode(rejection, random),
    ...(rejection && { Message: messages[rejection] }),
  }));
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  const answer = exception('TransactionCanceledException', message);
  const body = {
    ...(JSON.parse(String(answer.body)) as object),
    Message: message,
    CancellationReasons: reasons,
  };
  return { ...answer, body: JSON.stringify(body) };
}

/** The same transaction is under way already (the same ClientRequestToken). */
export const inProgress = (): AwsAnswer =>
  exception('TransactionInProgressException', 'The transaction with the given request token is in progress');

/** A fault of the service. */
export const internalError = (): AwsAnswer =>
  exception('InternalServerError', 'The request processing has failed because of an unknown error', 500);
