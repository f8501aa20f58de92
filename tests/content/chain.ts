import { Cl, cvToValue, deserializeCV, serializeCV } from '@stacks/transactions';

/** What the node is to do wrong; nothing unless told. */
export async function faults(stacksUrl: string, wanted: Record<string, unknown> = {}): Promise<void> {
  await fetch(`${stacksUrl}/_faults`, { method: 'PUT', body: JSON.stringify(wanted) });
}

/** The price that the contract has for a content: `undefined` if none. `contract` is `ADDRESS.name`. */
export async function chainPrice(
  stacksUrl: string,
  contract: string,
  contentId: string,
): Promise<number | undefined> {
  const response = await fetch(
    `${stacksUrl}/v2/contracts/call-read/${contract.replace('.', '/')}/get-price`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        sender: contract.split('.')[0],
        arguments: [`0x${serializeCV(Cl.stringAscii(contentId))}`],
      }),
    },
  );
  // The chain was set back to before the contract was deployed.
  if (response.status === 404) return undefined;
  const { result } = (await response.json()) as { result: string };
  const value = cvToValue(deserializeCV(result)) as { value: string } | null;
  return value === null ? undefined : Number(value.value);
}

interface ChainTx {
  tx_id: string;
  tx_status: string;
  nonce: number;
  sender_address: string;
  contract_call: { contract_id: string; function_name: string; function_args: { repr: string }[] };
}

export async function transaction(stacksUrl: string, txId: string): Promise<ChainTx> {
  const response = await fetch(`${stacksUrl}/extended/v1/tx/${txId}`);
  if (!response.ok) throw new Error(`the chain does not know ${txId}`);
  return (await response.json()) as ChainTx;
}

/** Everything that the node ever took. */
export async function ledgerOf(stacksUrl: string): Promise<{ transactions: ChainTx[]; mostPending: number }> {
  return (await (await fetch(`${stacksUrl}/_ledger`)).json()) as {
    transactions: ChainTx[];
    mostPending: number;
  };
}

/** The content that a transaction sets the price of. */
export const contentOfTx = ({ contract_call }: ChainTx): string =>
  String(contract_call.function_args[0]?.repr).replaceAll('"', '');
