import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { dynamo } from '../checks/dynamo.ts';
import { importsOf } from '../checks/imports.ts';
import { product } from '../checks/product.ts';

const root = join(import.meta.dirname, '..');
const sources = globSync('{bin,lib,functions,core,local}/**/*.ts', { cwd: root });

/** Which file imports which, as far as values go: imports of types alone leave no trace in a bundle. */
const { inputs } = buildSync({
  absWorkingDir: root,
  entryPoints: sources,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  outdir: 'unused',
  write: false,
  metafile: true,
  logLevel: 'silent',
}).metafile;

const imports = Object.entries(inputs).flatMap(([from, { imports: its }]) =>
  its
    .filter(({ external, path }) => !external && !path.startsWith('node_modules/'))
    .map(({ path }) => ({ from, to: path })),
);

const house = (path: string) => path.split('/')[0] ?? '';
const system = (path: string) => path.split('/')[1] ?? '';

/** What all systems have: contracts and workers, and what is promised of their items. */
const contents = new Set(['functions/index.ts', 'functions/verifiers.ts']);

/** Where each part of the house may look. */
const allowed: Record<string, (to: string, from: string) => boolean> = {
  core: (to) => house(to) === 'core',
  functions: (to, from) =>
    house(to) === 'core' ||
    (house(to) === 'functions' &&
      // The tables of contents and `ops`, which answers for all systems, look at every system; no other does.
      (contents.has(from) || system(from) === 'ops' || system(from) === system(to))),
  lib: (to) => house(to) === 'core' || house(to) === 'lib' || to === 'functions/index.ts',
  local: (to) => house(to) === 'core' || house(to) === 'local',
  bin: (to) => ['bin', 'lib', 'core', 'local'].includes(house(to)) || contents.has(to),
};

test('finds the imports at all', () => {
  expect(imports.length).toBeGreaterThan(100);
});

test('keeps the direction of dependencies: core knows no system, no system knows another, nobody imports local', () => {
  const wrong = imports.filter(({ from, to }) => !allowed[house(from)]?.(to, from));
  expect(wrong).toEqual([]);
});

test('loads no handler where only contracts are wanted', () => {
  const wanted = new Set(['functions/index.ts']);
  for (const path of wanted) for (const { from, to } of imports) if (from === path) wanted.add(to);
  expect([...wanted]).toContain('functions/patients/api.ts');
  expect([...wanted].filter((path) => ['core/http/serve.ts', 'core/consume.ts'].includes(path))).toEqual([]);
});

test('imports zod as a namespace, since its other form carries every language into every function', () => {
  const wrong = sources.filter((path) =>
    /import \{[^}]*\} from 'zod'/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(wrong).toEqual([]);
});

/** What the sub-rooms of `functions/messaging/` may use of each other, types included: how a file is read into rows. */
const doors = new Set(['functions/messaging/files/rows.ts']);

test('keeps contacts, text messages and files apart, but for named doors', () => {
  const subRoom = (path = '') => /^functions\/messaging\/(contacts|sms|files)\//.exec(path)?.[1];
  const crossing = product()
    .flatMap(importsOf)
    .filter(({ source, to }) => {
      const [from, into] = [subRoom(source.path), subRoom(to)];
      return from && into && from !== into;
    })
    .map(({ source, to }) => ({ from: source.path, to: to ?? '' }));
  expect(crossing.filter(({ to }) => !doors.has(to))).toEqual([]);
  expect(new Set(crossing.map(({ to }) => to))).toEqual(doors);
});

test('keeps each folder of functions small enough to be read at a glance', () => {
  const folders = new Map<string, number>();
  for (const path of sources.filter((path) => house(path) === 'functions'))
    folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
  expect(folders.size).toBeGreaterThan(10);
  expect([...folders].filter(([, files]) => files > 26)).toEqual([]);
});

test('sends to DynamoDB from core/dynamo alone', () => {
  expect(dynamo(product())).toEqual([]);
});
