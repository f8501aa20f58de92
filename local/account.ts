/** The only AWS region of the local run; the embedded engines use it too. */
export const region = 'us-east-1';

/** The account ID in every local ARN: twelve zeros, because the embedded engines use it. */
export const account = '000000000000';

/** The access key without IAM restrictions, for tests and for the developer's own AWS tools. */
export const rootAccessKey = 'root';
