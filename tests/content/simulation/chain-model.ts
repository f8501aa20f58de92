import { Cl } from '@stacks/transactions';
import type { Simnet } from '../../../local/stacks/simnet.ts';
import type { Call } from '../../../local/stacks/transaction.ts';

/** A call as the simulation signs it: as JSON, since real signatures would take most of its time. */
interface Signed {
  sender: string;
  nonce: number;
  /** Micro-STX. */
  fee: number;
  /** Absent for a call that does nothing. */
  sets?: { contentId: string; price: number };
}

export const sign = (call: Signed) => {
  const raw = JSON.stringify(call);
  return { raw, txId: raw };
};

export const read = (raw: string): Call => {
  const { sender, nonce, fee, sets } = JSON.parse(raw) as Signed;
  const args = sets ? [Cl.stringAscii(sets.contentId), Cl.uint(sets.price)] : [];
  const call = { contract: `${sender}.content-prices`, name: sets ? 'set-price' : 'skip', args };
  return { id: raw, raw, sender, nonce, fee: BigInt(fee), call };
};

/** What a call sets; `undefined` for one that does nothing. */
export const setsOf = ({ raw }: Call): Signed['sets'] => (JSON.parse(raw) as Signed).sets;

const functions = [
  { name: 'set-price', access: 'public', args: ['content-id', 'price'] },
  { name: 'skip', access: 'public', args: [] },
];

/** The contract without its virtual machine: the prices that its calls have set. */
export function contractModel(): Simnet & { prices: Map<string, number> } {
  const prices = new Map<string, number>();
  const done = { ok: true, repr: '(ok true)', hex: '0x0703' };
  return {
    prices,
    has: () => true,
    deploy: () => undefined,
    async reset() {
      prices.clear();
    },
    call(_contract, name, [contentId, price]) {
      if (name === 'set-price' && contentId?.type === 'ascii' && price?.type === 'uint')
        prices.set(String(contentId.value), Number(price.value));
      return done;
    },
    read: () => done,
    interfaceOf: () => ({ functions }),
  };
}
