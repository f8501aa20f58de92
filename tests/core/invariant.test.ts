import { expect, test } from 'vitest';
import { BrokenInvariant, invariant, present } from '../../core/invariant.ts';

test('a rule that holds passes, also for values that are falsy', () => {
  expect(() => invariant(true, 'it holds')).not.toThrow();
  expect([0, '', false].map((value) => present(value, 'it is there'))).toEqual([0, '', false]);
});

test('a violated rule throws its reason', () => {
  const broken = expect.objectContaining({ name: 'BrokenInvariant', message: 'the reason' });
  expect(() => invariant(false, 'the reason')).toThrow(broken);
  for (const value of [null, undefined]) expect(() => present(value, 'the reason')).toThrow(BrokenInvariant);
});
