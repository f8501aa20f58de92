import { expect, test } from 'vitest';
import { loops } from '../../checks/loops.ts';
import { file } from './file.ts';

test('finds open loops that do not say what ends them', () => {
  const found = loops([
    file(`
for (;;) work();
// Work is done again and again.
while (true) work();
do {
  work();
} while (more);
`),
  ]);
  expect(found).toEqual([
    'core/a.ts:1 `for (;;)` has no comment with what ends it',
    'core/a.ts:3 `while (true)` has no comment with what ends it',
    'core/a.ts:4 `do … while` has no comment with what ends it',
  ]);
});

test('takes a comment before the loop, also of several lines, or beside it', () => {
  const found = loops([
    file(`
// Pages are read until the deadline,
// which the caller chose.
for (;;) work();
while (true) work(); // bounded by the lease
/* Ends with the last page. */
do {
  work();
} while (more);
`),
  ]);
  expect(found).toEqual([]);
});

test('leaves alone loops with a condition at their head', () => {
  expect(loops([file('for (let i = 0; i < 3; i++) work();\nwhile (more) work();')])).toEqual([]);
});
