import { expect, test } from 'vitest';
import { sweepInParts } from '../../core/sweep.ts';

test('a part of a sweep that fails holds up none of the others, and fails the sweep at its end', async () => {
  const parts = sweepInParts('test');
  const done: number[] = [];
  for (const n of [1, 2, 3])
    await parts.run(async () => {
      if (n === 2) throw new Error('cannot be read');
      done.push(n);
    });
  expect(done).toEqual([1, 3]);
  expect(() => parts.finish()).toThrow(expect.objectContaining({ name: 'SweepIncomplete' }));
});

test('a sweep whose parts all succeed does not fail', async () => {
  const parts = sweepInParts('test');
  expect(await parts.run(() => 7)).toBe(7);
  expect(() => parts.finish()).not.toThrow();
});
