import { createHash } from 'node:crypto';
import { privateKeyToAddress } from '@stacks/transactions';
import { setting } from '../../../core/environment.ts';
import { readSecret } from '../../../core/secrets.ts';

export type Network = 'mainnet' | 'testnet';

/** The network, the node and the fee for calls of our contract. */
export interface StacksSettings {
  network: Network;
  /** A Stacks node with its API, without a slash at the end. */
  apiUrl: string;
  /** The contract as `ADDRESS.name`; by default the signer's own `content-prices`. */
  contract: string | undefined;
  /** Micro-STX for one call, before any raise. */
  fee: number;
  /** Burn blocks under which a call is settled for good; the one that its own block belongs to counts. */
  confirmations: number;
  /** Time by which the node's API, or one node of several behind one address, may lag, in milliseconds. */
  apiLagMs: number;
}

const remedy = 'set it in lib/settings.ts';

/**
 * Reads the settings from the environment.
 *
 * @throws Error if `STACKS_NETWORK`, `STACKS_FEE`, `STACKS_CONFIRMATIONS` or `STACKS_API_LAG_SECONDS` is
 * missing.
 */
export function stacksSettings(): StacksSettings {
  const network: Network = setting('STACKS_NETWORK', remedy) === 'mainnet' ? 'mainnet' : 'testnet';
  return {
    network,
    apiUrl: (process.env.STACKS_API_URL || `https://api.${network}.hiro.so`).replace(/\/$/, ''),
    contract: process.env.STACKS_CONTRACT || undefined,
    fee: Number(setting('STACKS_FEE', remedy)),
    confirmations: Number(setting('STACKS_CONFIRMATIONS', remedy)),
    apiLagMs: 1_000 * Number(setting('STACKS_API_LAG_SECONDS', remedy)),
  };
}

/** The platform's account on the chain. It owns the contract, signs every call and pays the fees. */
export interface Signer {
  /** The private key in hexadecimal, for a compressed public key. */
  key: string;
  address: string;
}

/** The secret with the API key of the node's provider. */
const nodeSecretName = 'node';

/**
 * The account that a secret signs for. A secret of 64 hexadecimal digits is the private key, with or without
 * the `01` at its end that wallets add for a compressed public key. From any other text, such as the one that
 * the stack generates, the key is derived (SHA-256).
 */
export function signerOf(secret: string, network: Network): Signer {
  const text = secret.trim();
  const given = /^([0-9a-f]{64})(01)?$/i.exec(text)?.[1]?.toLowerCase();
  const key = `${given ?? createHash('sha256').update(text).digest('hex')}01`;
  return { key, address: privateKeyToAddress(key, network) };
}

/**
 * Reads the platform's signer.
 *
 * @param now milliseconds since the epoch.
 * @throws Error if the secret is missing.
 */
export async function readSigner(network: Network, now: number): Promise<Signer> {
  const name = setting('STACKS_SIGNER_SECRET', 'lib/stacks.ts names the secret');
  const secret = await readSecret('stacksKeys', name, now);
  if (!secret) throw new Error(`the secret stacksKeys/${name} is missing`);
  return signerOf(secret, network);
}

/**
 * The API key of the node's provider, if there is one: without it public nodes take about one request a
 * second.
 */
export const readNodeKey = (now: number): Promise<string | undefined> =>
  readSecret('stacksKeys', nodeSecretName, now);
