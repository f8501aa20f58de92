import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './source.ts';

const root = join(import.meta.dirname, '..');

const filesOf = (pattern: string): SourceFile[] =>
  globSync(pattern, { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** Every file of the product: what ships, what runs it locally, and these checks. Tests are not of it. */
export const product = (): SourceFile[] =>
  filesOf('{bin,core,functions,lib,local,checks,console,clients}/**/*.ts');

/** Every document of the project, in Markdown. */
export const documents = (): SourceFile[] =>
  filesOf('{*.md,{bin,core,docs,functions,lib,local,tests}/**/*.md}');
