import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AssemblyOptions, makeAssembly } from '../../local/assembly.ts';
import { scratch } from './fixture/run.ts';

/** A project whose "CDK app" only writes a manifest, since what is tested is when it runs. */
function project(): AssemblyOptions {
  const root = scratch();
  mkdirSync(join(root, 'lib'));
  writeFileSync(join(root, 'lib', 'a.ts'), 'one');
  writeFileSync(
    join(root, 'app.ts'),
    `import { mkdirSync, writeFileSync } from 'node:fs';
const out: string = process.env.CDK_OUTDIR ?? '';
mkdirSync(out, { recursive: true });
writeFileSync(out + '/manifest.json', process.env.CDK_CONTEXT_JSON ?? '');
`,
  );
  return { root, app: 'app.ts', inputs: ['lib', 'missing'], context: { stage: 'local' } };
}

test('the same inputs are synthesised once', async () => {
  const options = project();
  const first = await makeAssembly(options);
  expect(first.reused).toBe(false);
  expect(await makeAssembly(options)).toEqual({ folder: first.folder, reused: true });
});

test.each([
  ['a changed file', ({ root }: AssemblyOptions) => writeFileSync(join(root, 'lib', 'a.ts'), 'two')],
  ['a new file', ({ root }: AssemblyOptions) => writeFileSync(join(root, 'lib', 'b.ts'), '')],
])('%s is synthesised anew', async (_, change) => {
  const options = project();
  const first = await makeAssembly(options);
  change(options);
  const second = await makeAssembly(options);
  expect(second.reused).toBe(false);
  expect(second.folder).not.toBe(first.folder);
});

test('another context is synthesised anew', async () => {
  const options = project();
  const first = await makeAssembly(options);
  expect((await makeAssembly({ ...options, context: { stage: 'other' } })).folder).not.toBe(first.folder);
});

test('takes what does not depend on the context from an assembly of the same inputs, and only of those', async () => {
  const options = { ...project(), shared: 'bundles' };
  const first = await makeAssembly(options);
  mkdirSync(join(first.folder, 'bundles'));
  writeFileSync(join(first.folder, 'bundles', 'a.mjs'), 'made of one');
  const other = { ...options, context: { stage: 'other' } };
  const second = await makeAssembly(other);
  expect(readFileSync(join(second.folder, 'bundles', 'a.mjs'), 'utf8')).toBe('made of one');
  const told = JSON.parse(readFileSync(join(second.folder, 'manifest.json'), 'utf8'));
  expect(told).toEqual({ stage: 'other', bundles: expect.stringMatching(/\/bundles$/) });
  writeFileSync(join(options.root, 'lib', 'a.ts'), 'two');
  const third = await makeAssembly(other);
  expect(existsSync(join(third.folder, 'bundles'))).toBe(false);
});

test('several at once end with one and the same', async () => {
  const options = project();
  const made = await Promise.all([makeAssembly(options), makeAssembly(options), makeAssembly(options)]);
  expect(new Set(made.map(({ folder }) => folder)).size).toBe(1);
});

test('an app that fails is told in one line, and tried again next time', async () => {
  const options = project();
  const app = join(options.root, 'app.ts');
  writeFileSync(app, "throw new TypeError('the table has no key');");
  await expect(makeAssembly(options)).rejects.toThrow(
    'The stack cannot be synthesised: TypeError: the table has no key',
  );
  await expect(makeAssembly(options)).rejects.toThrow('the table has no key');
});
