/** `npm run -s stacks-address -- testnet`: reads the signer's secret from standard input and prints the address that it signs for. */
import { text } from 'node:stream/consumers';
import { signerOf } from '../functions/content/stacks-settings.ts';

const [network] = process.argv.slice(2);
if (network !== 'testnet' && network !== 'mainnet') {
  console.error('Say which network: npm run -s stacks-address -- testnet < secret.txt');
  process.exit(1);
}
console.log(signerOf(await text(process.stdin), network).address);
