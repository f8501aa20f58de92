import { createHash } from 'node:crypto';
import { privateKeyToAddress } from '@stacks/transactions';
import { setting } from '../../../core/environment.ts';
import { readSecret } from '../../../core/secrets.ts';

export type Network = 'mainnet' | 'testnet';

/** Which chain, through which node, and what a call of our contract costs. */
export interface StacksSettings {
  network: Network;
  /** A Stacks node with its API, without a slash at the end. */
  apiUrl: string;
  /** The contract's address and name; the signer's own `content-prices` unless told. */
  contract: string | undefined;
  /** Micro-STX for one call, before it is raised. */
  fee: number;
}

const REMEDY = 'set it in lib/settings.ts';

export function stacksSettings(): StacksSettings {
  const network: Network = setting('STACKS_NETWORK', REMEDY) === 'mainnet' ? 'mainnet' : 'testnet';
  return {
    network,
    apiUrl: (process.env.STACKS_API_URL || `https://api.${network}.hiro.so`).replace(/\/$/, ''),
    contract: process.env.STACKS_CONTRACT || undefined,
    fee: Number(setting('STACKS_FEE', REMEDY)),
  };
}

/** The platform's account on the chain: it owns the contract, signs every call and pays for it. */
export interface Signer {
  /** The private key in hexadecimal, for a compressed public key. */
  key: string;
  address: string;
}

/** The names of the secrets with the signer's key, and with the key that a node's provider gives to its customers. */
const SIGNER = 'signer';
const NODE = 'node';

/**
 * Whom a secret signs for. One of 64 hexadecimal digits is its private key, also with the `01` at its end that wallets add for a compressed
 * public key; any other text, such as the one that the stack makes, is what the key is derived from (SHA-256).
 */
export function signerOf(secret: string, network: Network): Signer {
  const text = secret.trim();
  const given = /^([0-9a-f]{64})(01)?$/i.exec(text)?.[1]?.toLowerCase();
  const key = `${given ?? createHash('sha256').update(text).digest('hex')}01`;
  return { key, address: privateKeyToAddress(key, network) };
}

/**
 * The platform's signer.
 *
 * @param now milliseconds since the epoch.
 */
export async function readSigner(network: Network, now: number): Promise<Signer> {
  const secret = await readSecret('stacksKeys', SIGNER, now);
  if (!secret) throw new Error('the secret stacksKeys/signer is missing');
  return signerOf(secret, network);
}

/** The key that raises the limits of a provider's node, if there is one: public nodes take about one request a second without. */
export const readNodeKey = (now: number): Promise<string | undefined> => readSecret('stacksKeys', NODE, now);
