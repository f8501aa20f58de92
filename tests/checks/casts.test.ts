import { expect, test } from 'vitest';
import { casts } from '../../checks/casts.ts';
import { file } from './file.ts';

test('wants a reason on the line before each blind cast', () => {
  const found = casts([
    file(`
// The driver types this as text.
const a = b as unknown as Item;

const c = b as never;
const d = b as unknown;
const e = b as Item;
`),
  ]);
  expect(found).toEqual(['core/a.ts:4 `as never` has no comment with its reason on the line before']);
});

test('takes the comment before the expression where that begins lines earlier', () => {
  expect(casts([file('f(\n  // Parsed before.\n  g({\n    a: 1,\n  }) as never,\n);')])).toEqual([]);
});

test('lists all where there are more than five in the product', () => {
  const reasoned = '// A reason.\nx as never;\n';
  expect(casts([file(reasoned.repeat(5))])).toEqual([]);
  const found = casts([file(reasoned.repeat(5)), file(reasoned, 'core/b.ts')]);
  expect(found).toHaveLength(6);
  expect(found.at(-1)).toBe('core/b.ts:2 `as never` is one of 6, 5 are allowed');
});
