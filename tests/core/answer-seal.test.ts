import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { answerKeyOf, seal, unseal } from '../../core/http/answer-seal.ts';

const text = Buffer.from('{"key":"bh_secret"}');
const key = answerKeyOf('one', ['acme', 'u1', 'POST', '/api/v1/api-keys']);

test('a sealed answer shows nothing, differs each time, and opens with its key', () => {
  const [one, two] = [seal(text, key), seal(text, key)];
  expect(one.includes('bh_')).toBe(false);
  expect(one.equals(two)).toBe(false);
  expect([unseal(one, key), unseal(two, key)]).toEqual([text, text]);
  expect(unseal(seal(Buffer.alloc(0), key), key)).toHaveLength(0);
});

test('another text of the idempotency key, or another caller, opens nothing', () => {
  const scope = ['acme', 'u1', 'POST', '/api/v1/api-keys'];
  for (const other of [answerKeyOf('two', scope), answerKeyOf('one', ['acme', 'u2', ...scope.slice(2)])])
    expect(() => unseal(seal(text, key), other)).toThrow();
});

test('an answer in which a bit was changed is not opened', () => {
  const sealed = seal(Buffer.from(randomUUID()), key);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => unseal(changed, key)).toThrow();
  }
});
