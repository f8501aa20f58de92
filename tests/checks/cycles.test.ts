import { expect, test } from 'vitest';
import { cycles } from '../../checks/cycles.ts';
import { file } from './file.ts';

test('finds cycles through types, re-exports and calls, one violation for each', () => {
  const found = cycles([
    file(`import type { B } from './sub/b.ts';`, 'core/a.ts'),
    file(`export * from '../c.ts';`, 'core/sub/b.ts'),
    file(`const a: import('./a.ts').A = 1;`, 'core/c.ts'),
    file(`export { e } from './e.ts';`, 'lib/d.ts'),
    file(`const d = await import('./d.ts');`, 'lib/e.ts'),
    file(`import './f.ts';`, 'lib/f.ts'),
  ]);
  expect(found).toEqual([
    'core/a.ts:1 import cycle among 3 files: core/a.ts, core/c.ts, core/sub/b.ts',
    'lib/d.ts:1 import cycle among 2 files: lib/d.ts, lib/e.ts',
    'lib/f.ts:1 import cycle among 1 files: lib/f.ts',
  ]);
});

test('leaves alone files that share an import, and packages', () => {
  const found = cycles([
    file(`import './c.ts';\nimport './b.ts';\nimport 'zod';`, 'core/a.ts'),
    file(`import './c.ts';`, 'core/b.ts'),
    file(`export const c = 1;`, 'core/c.ts'),
  ]);
  expect(found).toEqual([]);
});
