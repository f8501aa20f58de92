import { expect, test } from 'vitest';
import { asChunk, asChunkState, chunkItem, resultItem } from '../../../core/batch/chunk.ts';
import { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import { asBatch, asEntry, type BatchRecord } from '../../../core/batch/record.ts';
import { BrokenInvariant } from '../../../core/invariant.ts';

const key = { pk: 'p', sk: 's' };
const record: BatchRecord = {
  ...{ ...key, id: 'b', kind: 'k', tenant: 't', user: 'u', details: {}, status: 'processing', total: 3 },
  ...{ succeeded: 1, failed: 0, inFlight: 0, remaining: 2, canceled: 0, chunks: 1, openChunks: 1 },
  ...{ createdAt: 'c', progressAt: 'p', deadChunks: 0, resends: 0, order: 'o', opener: 'x' },
};
const operations = [{ places: [0], data: 'd' }];
const result = {
  ...{ state: 'waiting' as const, outcomes: [{ waiting: true as const }], waiting: 1 },
  ...{ by: 'w', carriedUntil: 7.5 },
};

test('parses the items that the engine writes', () => {
  expect(asBatch({ ...record })).toEqual(record);
  const entry = { ...key, id: 'b', tenant: 't' };
  expect(asEntry(entry)).toEqual(entry);
  const chunk = { chunk: 0, operations };
  expect(asChunk(chunkItem(key, chunk), undefined)).toEqual(chunk);
  expect(asChunk(chunkItem(key, chunk), resultItem(key, 0, result))).toEqual({ ...chunk, result });
});

test.each([
  ['numbers that do not add up', { succeeded: 2 }],
  ['a negative number', { succeeded: -1, remaining: 4 }],
  ['no tenant', { tenant: undefined }],
  ['an unknown status', { status: 'paused' }],
  ['no details', { details: null }],
])('rejects a batch with %s', (_, changes) => {
  expect(() => asBatch({ ...record, ...changes })).toThrow(BrokenInvariant);
});

test('refuses a batch that newer code wrote', () => {
  expect(() => asBatch({ ...record, v: 2 })).toThrow('a batch has version 2');
});

test('rejects entries, chunks and results that the engine cannot have written', () => {
  expect(() => asEntry({ ...key, id: 'b' })).toThrow(BrokenInvariant);
  expect(() => asChunk({ ...key, chunk: 0, operations: '{}' }, undefined)).toThrow(BrokenInvariant);
  expect(() => asChunkState({ chunk: 0, state: 'unknown' })).toThrow(BrokenInvariant);
  const item = chunkItem(key, { chunk: 0, operations: [...operations, ...operations] });
  expect(() => asChunk(item, resultItem(key, 0, result))).toThrow('an outcome for each operation');
});

test('reads messages of code that adds a field, and rejects those of a newer version', () => {
  const message = { version: 1, tenant: 't', batch: 'b', chunk: 0 };
  expect(ChunkMessage.parse({ ...message, added: true })).toEqual(message);
  expect(() => ChunkMessage.parse({ ...message, version: 2 })).toThrow();
});
