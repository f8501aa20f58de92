import * as z from 'zod';
import { message } from '../version.ts';

/**
 * Names one attempt to write a transaction, in one tenant of one ledger. Free of personal data, so that
 * messages may carry it.
 */
export interface TransactionRef {
  ledger: string;
  tenant: string;
  txId: string;
}

/** A reference as messages and items carry it: there the attribute `batch` holds the txId. */
export interface StoredRef {
  ledger: string;
  tenant: string;
  batch: string;
}

export const storedRef = ({ ledger, tenant, txId }: TransactionRef): StoredRef => ({
  ledger,
  tenant,
  batch: txId,
});

export const refFrom = ({ ledger, tenant, batch }: StoredRef): TransactionRef => ({
  ledger,
  tenant,
  txId: batch,
});

/** The queue message that asks for the recovery of a transaction; each ledger has a queue of its own. */
export const recoveryMessage = message(
  'recovery message',
  z.object({ version: z.literal(1), tenant: z.string(), batch: z.string() }),
);

export const recoveryMessageOf = ({ tenant, txId }: TransactionRef): z.output<typeof recoveryMessage> => ({
  version: 1,
  tenant,
  batch: txId,
});
