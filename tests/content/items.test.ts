import { expect, test } from 'vitest';
import {
  ConfirmingItem,
  confirmingKey,
  NonceItem,
  nonceKey,
  SignerState,
  WaitingPriceJob,
} from '../../functions/content/chain/items.ts';
import { ContentRecord } from '../../functions/content/content.ts';

const job = { batch: 'b', chunk: 0, index: 1, contentId: 'c', price: 5, sk: '000001764400000#b#00000#01' };

const content = {
  ...{ contentId: 'c', creator: 'SP1', title: 'T', description: '', contentType: 'video', price: null },
  ...{ priceTxId: null, tokenGating: { token: 'x' }, refundable: false, refundWindowDays: 0 },
  ...{ isRemoved: false, createdAt: '2025-11-29T00:00:00.000Z', updatedAt: '2025-11-29T00:00:00.000Z' },
  ...{ tenantId: 't', version: 1 },
};

/** Stored items as code before the attribute `v` wrote them. */
const stored = [
  ['content', ContentRecord, content],
  ['a waiting job', WaitingPriceJob, { ...job, pk: 'CHAIN' }],
  ['the state of the signer', SignerState, { next: 3, confirmed: 1 }],
  [
    'a nonce',
    NonceItem,
    {
      ...nonceKey('SP1', 2),
      ...{ nonce: 2, state: 'sent', job, raw: '00', txIds: ['0x1'], fee: 3_000, signedAt: 1_764_400_000_000 },
    },
  ],
] as const;

test.each(stored)('reads %s that was stored without a format', (_, schema, item) => {
  expect(schema.parse(item)).toEqual(item);
});

/** Items as this code writes them, with everything that an earlier version did not know. */
const today = [
  [
    'the state of the signer',
    SignerState,
    {
      ...{ next: 3, confirmed: 1, mined: 2, lowerSince: 1_764_400_000_000, forkedAt: 1_764_400_000_000 },
      tip: { height: 900_000, seenAt: 1_764_400_000_000 },
    },
  ],
  [
    'a nonce',
    NonceItem,
    {
      ...nonceKey('SP1', 2),
      ...{
        nonce: 2,
        state: 'signed',
        job,
        raw: '00',
        txIds: ['0x1'],
        fee: 3_000,
        signedAt: 1_764_400_000_000,
      },
      ...{ sentAt: 1_764_400_000_000, refused: { reason: 'NotEnoughFunds', at: 1_764_400_000_000 } },
    },
  ],
  ['a confirming operation', ConfirmingItem, { ...confirmingKey(job), contentId: 'c', txId: '0x1' }],
] as const;

test.each(today)('reads %s as it is written today', (_, schema, item) => {
  expect(schema.parse(item)).toEqual(item);
});

test.each(stored)('refuses %s of a format that it does not know', (_, schema, item) => {
  expect(schema.safeParse({ ...item, v: 1 }).success).toBe(true);
  expect(() => schema.parse({ ...item, v: 2 })).toThrow('has version 2');
});
