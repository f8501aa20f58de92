import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { getSDK } from '@stacks/clarinet-sdk';
import { Cl, type ClarityValue, serializeCV } from '@stacks/transactions';

/** Result of a contract call. */
export interface CallResult {
  ok: boolean;
  /** In Clarity's notation, e.g. `(ok u1)`. */
  repr: string;
  hex: string;
}

/** Clarity's virtual machine without a network: no mempool, nonces or fees. */
export interface Simnet {
  /** True if the contract, as `<address>.<name>`, is deployed. */
  has(contract: string): boolean;
  deploy(address: string): void;
  /** Forgets every contract and every call. */
  reset(): Promise<void>;
  call(contract: string, name: string, args: ClarityValue[], sender: string): CallResult;
  /** Calls a read-only function, without a transaction. */
  read(contract: string, name: string, args: ClarityValue[]): CallResult;
  interfaceOf(contract: string): object | undefined;
}

/**
 * Starts the simulator.
 *
 * @param contractFile the only contract that accounts can deploy; the file's name is the contract's name.
 */
export async function openSimnet(contractFile: string): Promise<Simnet> {
  const name = basename(contractFile, '.clar');
  const source = readFileSync(contractFile, 'utf8');
  const simnet = await getSDK();
  const deployed = new Set<string>();
  const reset = async () => {
    await simnet.initEmptySession({ enabled: false });
    simnet.setEpoch('3.4');
    deployed.clear();
  };
  await reset();
  // The simulator has its own, older copy of the library; values are plain objects with the same shape.
  type Args = Parameters<typeof simnet.callPublicFn>[2];
  const resultOf = ({ result }: { result: unknown }): CallResult => {
    const value = result as ClarityValue;
    return { ok: value.type !== 'err', repr: Cl.prettyPrint(value), hex: `0x${serializeCV(value)}` };
  };
  return {
    reset,
    has: (contract) => deployed.has(contract),
    deploy(address) {
      simnet.mintSTX(address, 1_000_000_000n);
      simnet.deployContract(name, source, { clarityVersion: 4 }, address);
      deployed.add(`${address}.${name}`);
    },
    call: (contract, fn, args, sender) => resultOf(simnet.callPublicFn(contract, fn, args as Args, sender)),
    read: (contract, fn, args) =>
      resultOf(simnet.callReadOnlyFn(contract, fn, args as Args, contract.slice(0, contract.indexOf('.')))),
    interfaceOf: (contract) => simnet.getContractsInterfaces().get(contract),
  };
}
