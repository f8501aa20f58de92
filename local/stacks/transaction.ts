import { STACKS_TESTNET } from '@stacks/network';
import {
  AuthType,
  addressFromVersionHash,
  addressHashModeToVersion,
  addressToString,
  type ClarityValue,
  deserializeTransaction,
  type StacksTransactionWire,
} from '@stacks/transactions';

/** A signed call of a contract, as it comes to a node. */
export interface Call {
  id: string;
  raw: string;
  sender: string;
  nonce: number;
  /** Micro-STX. */
  fee: bigint;
  call: { contract: string; name: string; args: ClarityValue[] };
}

/** A node's reason for not accepting a transaction, in the node's own format. */
export interface TxRejection {
  reason: string;
  reason_data?: { expected?: number; actual?: number; is_origin?: boolean; principal?: string };
}

/** Parses a raw transaction and checks everything that does not depend on the chain. */
export function readTransaction(raw: string): Call | TxRejection {
  let wire: StacksTransactionWire;
  try {
    wire = deserializeTransaction(raw);
    wire.verifyOrigin();
  } catch (error) {
    return { reason: String(error).includes('erif') ? 'SignatureValidation' : 'Deserialization' };
  }
  if (
    wire.transactionVersion !== STACKS_TESTNET.transactionVersion ||
    wire.chainId !== STACKS_TESTNET.chainId
  )
    return { reason: 'BadTransactionVersion' };
  const { auth, payload } = wire;
  if (auth.authType !== AuthType.Standard || !('contractAddress' in payload))
    return { reason: 'Deserialization' };
  const { spendingCondition: origin } = auth;
  const version = addressHashModeToVersion(origin.hashMode, 'testnet');
  return {
    id: `0x${wire.txid()}`,
    raw,
    sender: addressToString(addressFromVersionHash(version, origin.signer)),
    nonce: Number(origin.nonce),
    fee: origin.fee,
    call: {
      contract: `${addressToString(payload.contractAddress)}.${payload.contractName.content}`,
      name: payload.functionName.content,
      args: payload.functionArgs,
    },
  };
}
