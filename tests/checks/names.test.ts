import { expect, test } from 'vitest';
import { names } from '../../checks/names.ts';
import { file } from './file.ts';

test('finds a name that three files export, whatever each of them is', () => {
  const found = names([
    file('export const settle = 1;', 'core/a.ts'),
    file('export async function settle() {}', 'core/b.ts'),
    file('type settle = string;\nexport { type settle };', 'lib/c.ts'),
  ]);
  const files = 'core/a.ts, core/b.ts, lib/c.ts';
  expect(found).toEqual([
    `core/a.ts:1 settle is declared in 3 files: ${files}`,
    `core/b.ts:1 settle is declared in 3 files: ${files}`,
    `lib/c.ts:2 settle is declared in 3 files: ${files}`,
  ]);
});

test('allows two files, a schema with its type, re-exports, local names and handlers', () => {
  const found = names([
    file(
      'export const Page = z.string();\nexport type Page = string;\nexport const handler = 1;',
      'core/a.ts',
    ),
    file('export interface Page {}\nexport const handler = 1;', 'core/b.ts'),
    file(`export { Page } from './a.ts';\nexport const handler = 1;`, 'core/c.ts'),
    file('const Page = 1;\nexport default Page;', 'core/d.ts'),
  ]);
  expect(found).toEqual([]);
});
