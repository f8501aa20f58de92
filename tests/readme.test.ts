import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const documents = globSync('{*.md,{docs,core,functions}/**/*.md}', { cwd: root });
const decisions = documents.filter((file) => /^docs\/decisions\/\d/.test(file));

/** Markdown without code, in which a bracket is no link and `#` no heading. */
const prose = (file: string): string => read(file).replace(/```[\s\S]*?```/g, '');

/** The anchor that GitHub gives to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchorsOf = (file: string): string[] =>
  [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Links of a document that lead to a file or a heading that is not there. */
function brokenLinks(file: string): string[] {
  const targets = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const linked = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(root, linked))) return true;
    return anchor !== undefined && !anchorsOf(linked).includes(anchor);
  });
}

test('keeps the README a front door: at most 10,000 characters', () => {
  expect(read('README.md').length).toBeLessThanOrEqual(10_000);
});

test('keeps what is derived fresh (`npm run docs` writes it)', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/docs.ts'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('names only scripts that package.json has', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
  const named = documents.flatMap((file) =>
    [
      ...read(file).matchAll(/npm (?:run (?:-s )?(?<script>[a-z]+(?:[-:][a-z]+)*)|(?<own>start|test)\b)/g),
    ].map(({ groups }) => groups?.script ?? groups?.own ?? ''),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('links only to files and headings that exist', () => {
  expect(documents.length).toBeGreaterThan(30);
  expect(documents.flatMap((file) => brokenLinks(file).map((link) => `${file}: ${link}`))).toEqual([]);
});

test('leads from the README to every document', () => {
  const reached = new Set(['README.md']);
  for (const file of reached) {
    for (const [, target = ''] of prose(file).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g)) {
      if (!/^[a-z]+:/.test(target)) reached.add(join(dirname(file), target));
    }
  }
  expect(documents.filter((file) => !reached.has(file))).toEqual([]);
});

test('gives each decision its context, alternatives and consequences, and numbers without gaps', () => {
  const numbers = decisions.map((file) => Number(/\/(\d{3})-/.exec(file)?.[1])).sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  for (const file of decisions) {
    const headings = [...read(file).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings, file).toEqual(['Context', 'Decision', 'Alternatives considered', 'Consequences']);
  }
});
