import { createNetwork } from '@stacks/network';
import {
  Cl,
  ClarityType,
  type ClarityValue,
  deserializeCV,
  makeContractCall,
  PostConditionMode,
  serializeCV,
} from '@stacks/transactions';
import type { StacksNode } from './node.ts';
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

/** The address and the name of the contract. */
const contractOf = (contract: string | undefined, signer: string): [string, string] => {
  const [address = signer, name = contractNameDefault] = contract?.split('.') ?? [];
  return [address, name];
};

async function signCall(
  name: string,
  args: ClarityValue[],
  { nonce, fee }: Terms,
  { key, address }: Signer,
  { network, contract, apiUrl }: StacksSettings,
): Promise<SignedCall> {
  const [contractAddress, contractName] = contractOf(contract, address);
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

/**
 * Reads the price of a content from the contract, at the chain's tip.
 *
 * @returns micro-STX, null if the content has none, `undefined` without an answer.
 */
export async function readPrice(
  contentId: string,
  node: StacksNode,
  { address }: Pick<Signer, 'address'>,
  { contract }: Pick<StacksSettings, 'contract'>,
): Promise<number | null | undefined> {
  const args = [`0x${serializeCV(Cl.stringAscii(contentId))}`];
  const result = await node.callRead({ path: [...contractOf(contract, address), 'get-price'], args });
  if (result === undefined) return undefined;
  const value = deserializeCV(result);
  if (value.type === ClarityType.OptionalNone) return null;
  return value.type === ClarityType.OptionalSome && value.value.type === ClarityType.UInt
    ? Number(value.value.value)
    : undefined;
}
