import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './source.ts';

const root = join(import.meta.dirname, '..');

/** Every file of the product: what ships, what runs it locally, and these checks. Tests are not of it. */
export const product = (): SourceFile[] =>
  globSync('{bin,core,functions,lib,local,checks,console,clients}/**/*.ts', { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
