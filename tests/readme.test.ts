import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { surface } from '../core/contract/surface.ts';
import { endpoints } from '../functions/index.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('lists every endpoint in the README as the contracts have it (`npm run readme` writes it)', () => {
  expect(readme).toContain(surface(endpoints));
});

test('names only scripts in the README that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...readme.matchAll(/npm run (?:-s )?([a-z]+)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(3);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
