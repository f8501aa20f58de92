/**
 * Limits of DynamoDB's requests (API reference: TransactWriteItems, TransactGetItems, BatchGetItem,
 * BatchWriteItem).
 */
export const actionsPerTransactionMax = 100;
export const keysPerGetMax = 100;
export const putsPerWriteMax = 25;
/** A transaction carries 4 MB; sizes here are estimates, so some of it stays unused. */
export const transactionBytesMax = 3_500_000;
