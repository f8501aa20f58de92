/** The only region of the local run; the embedded engines use it too. */
export const region = 'us-east-1';

/** The account of every local ARN: twelve zeros, as the embedded engines have it. */
export const account = '000000000000';

/** The access key that may do everything, for tests and for tools of the person at the keyboard. */
export const rootAccessKey = 'root';
