import { createNetwork } from '@stacks/network';
import { Cl, type ClarityValue, makeContractCall, PostConditionMode } from '@stacks/transactions';
import type { Signer, StacksSettings } from './settings.ts';

/** The name that our contract is deployed under. */
const contractNameDefault = 'content-prices';

/** A signed call of our contract as it goes to the node, and its id on the chain. */
export interface SignedCall {
  /** Hexadecimal. */
  raw: string;
  txId: string;
}

interface Terms {
  nonce: number;
  /** Micro-STX. */
  fee: number;
}

/** Everything that the library could ask a node for is given, so that signing does not depend on a node. */
const noNetwork = async (): Promise<Response> => {
  throw new Error('signing needs no network');
};

async function signCall(
  name: string,
  args: ClarityValue[],
  { nonce, fee }: Terms,
  { key, address }: Signer,
  { network, contract, apiUrl }: StacksSettings,
): Promise<SignedCall> {
  const [contractAddress = address, contractName = contractNameDefault] = contract?.split('.') ?? [];
  const call = await makeContractCall({
    contractAddress,
    contractName,
    functionName: name,
    functionArgs: args,
    senderKey: key,
    nonce: BigInt(nonce),
    fee: BigInt(fee),
    // Setting a price moves no assets; the chain would abort a call that did.
    postConditionMode: PostConditionMode.Deny,
    validateWithAbi: false,
    network: createNetwork({ network, client: { baseUrl: apiUrl, fetch: noNetwork } }),
  });
  return { raw: call.serialize(), txId: `0x${call.txid()}` };
}

/**
 * Signs a call that sets a price, in micro-STX. The id must be 1 to 64 printable ASCII characters: the
 * library would sign others too, but the contract's `(string-ascii 64)` cannot hold them.
 */
export const signPrice = (
  { contentId, price }: { contentId: string; price: number },
  terms: Terms,
  signer: Signer,
  settings: StacksSettings,
): Promise<SignedCall> =>
  signCall('set-price', [Cl.stringAscii(contentId), Cl.uint(BigInt(price))], terms, signer, settings);

/** Signs a call that uses a nonce and does nothing else. */
export const signSkip = (terms: Terms, signer: Signer, settings: StacksSettings): Promise<SignedCall> =>
  signCall('skip', [], terms, signer, settings);
