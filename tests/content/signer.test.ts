import { createHash } from 'node:crypto';
import { privateKeyToAddress } from '@stacks/transactions';
import { expect, test } from 'vitest';
import { signerOf } from '../../functions/content/chain/settings.ts';

const KEY = 'edf9aee84d9b7abc145504dde6726c64f369d37ee34ded868fabd876c26570bc';

test.each([KEY, KEY.toUpperCase(), `${KEY}01`, `${KEY}\n`])(
  'signs with the private key %j as it is',
  (secret) => {
    expect(signerOf(secret, 'testnet')).toEqual({
      key: `${KEY}01`,
      address: privateKeyToAddress(`${KEY}01`, 'testnet'),
    });
  },
);

test('derives the key from any other secret, and gives each network its own address', () => {
  const derived = `${createHash('sha256').update('drawn with the stack').digest('hex')}01`;
  expect(signerOf('drawn with the stack', 'mainnet').key).toBe(derived);
  expect(signerOf('drawn with the stack', 'mainnet').address).toMatch(/^SP/);
  expect(signerOf('drawn with the stack', 'testnet').address).toMatch(/^ST/);
});
