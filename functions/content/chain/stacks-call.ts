import { createNetwork } from '@stacks/network';
import { Cl, type ClarityValue, makeContractCall, PostConditionMode } from '@stacks/transactions';
import type { Signer, StacksSettings } from './stacks-settings.ts';

/** The name that the contract is deployed under. */
const CONTRACT = 'content-prices';

/** A signed call of our contract, as it will go to the node, and its id on the chain. */
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

/** Everything that the library could ask a node for is given, so that signing is the same whatever the node says. */
const noNetwork = async (): Promise<Response> => {
  throw new Error('signing needs no network');
};

async function signed(
  name: string,
  args: ClarityValue[],
  { nonce, fee }: Terms,
  { key, address }: Signer,
  { network, contract, apiUrl }: StacksSettings,
): Promise<SignedCall> {
  const [contractAddress = address, contractName = CONTRACT] = contract?.split('.') ?? [];
  const call = await makeContractCall({
    contractAddress,
    contractName,
    functionName: name,
    functionArgs: args,
    senderKey: key,
    nonce: BigInt(nonce),
    fee: BigInt(fee),
    // A price moves no assets; a call that did would be aborted by the chain.
    postConditionMode: PostConditionMode.Deny,
    validateWithAbi: false,
    network: createNetwork({ network, client: { baseUrl: apiUrl, fetch: noNetwork } }),
  });
  return { raw: call.serialize(), txId: `0x${call.txid()}` };
}

/** Sets a price. The id must be 1..64 printable ASCII characters: the library would sign others, and the chain could not hold them. */
export const signPrice = (
  { contentId, price }: { contentId: string; price: number },
  terms: Terms,
  signer: Signer,
  settings: StacksSettings,
): Promise<SignedCall> =>
  signed('set-price', [Cl.stringAscii(contentId), Cl.uint(BigInt(price))], terms, signer, settings);

/** Uses a nonce and does nothing else. */
export const signSkip = (terms: Terms, signer: Signer, settings: StacksSettings): Promise<SignedCall> =>
  signed('skip', [], terms, signer, settings);
