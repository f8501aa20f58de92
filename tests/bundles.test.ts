import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../core/contract/endpoint.ts';
import type { Worker } from '../core/contract/worker.ts';
import { endpoints, workers } from '../functions/index.ts';
import { bundle, type FunctionName, fileName } from '../lib/bundle.ts';

/** Minified, without source maps. Lambda reads and compiles the whole bundle at each cold start. */
const bundleBytesMax = 500_000;

/**
 * Packages of data that cannot be made smaller: a parser of workbooks, and the numbering plans of all
 * countries.
 */
const largePackages = ['@e965/xlsx', 'libphonenumber-js'];

interface Bundle {
  name: FunctionName;
  bytes: number;
  /** Paths below `node_modules`, and in the project, of which something is in the bundle. */
  parts: string[];
}

/** Each contract under the name of its function. */
const contractsOf = <C>(systems: Record<string, Record<string, C>>): [FunctionName, C][] =>
  Object.entries(systems).flatMap(([system, its]) =>
    Object.entries(its).map(([name, contract]): [FunctionName, C] => [
      `${system}/${fileName(name)}`,
      contract,
    ]),
  );
const endpointContracts = contractsOf<Endpoint>(endpoints);
const contracts = [...endpointContracts, ...contractsOf<Endpoint | Worker>(workers)];

let bundles: Bundle[];

const having = (...parts: string[]) =>
  bundles.filter((its) => parts.some((part) => its.parts.some((path) => path.startsWith(part))));

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-bundles-'));
  try {
    const names = [...contracts.map(([name]) => name), 'ops/not-found' as const];
    const { outputs } = await bundle(names, folder);
    bundles = names.map((name) => {
      const [, output] = Object.entries(outputs).find(([path]) => path.endsWith(`/${name}/index.mjs`)) ?? [];
      if (!output) throw new Error(`There is no bundle of ${name}`);
      const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
      return {
        name,
        bytes: output.bytes,
        parts: used.map(([path]) => path.replace(/^.*node_modules\//, '')),
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('finds the packages in the bundles', () => {
  for (const name of largePackages) expect(having(`${name}/`)).not.toEqual([]);
});

test('no bundle is large, unless a package of data makes it so', () => {
  const large = new Set(having(...largePackages.map((name) => `${name}/`)));
  const tooLarge = bundles.filter((its) => !large.has(its) && its.bytes > bundleBytesMax);
  expect(tooLarge.map(({ name, bytes }) => `${name}: ${bytes}`)).toEqual([]);
});

test('only endpoints that take forms have a form parser', () => {
  const withForm = endpointContracts.filter(([, { form }]) => form).map(([name]) => name);
  expect(withForm).not.toEqual([]);
  expect(having('@fastify/busboy/').map(({ name }) => name)).toEqual(withForm);
});

test('only functions that take workbooks have their parser', () => {
  const names = having('@e965/xlsx/').map(({ name }) => name);
  expect(names).toEqual(['messaging/bulk-import', 'messaging/bulk-upload']);
});

test('only functions that use the table of a ledger have the ledger', () => {
  const withTable = contracts
    .filter(([, { uses }]) => uses?.patients ?? uses?.messaging)
    .map(([name]) => name);
  const withLedger = having('core/ledger/ledger.ts').map(({ name }) => name);
  expect(withLedger).toContain('patients/create');
  expect(withLedger.filter((name) => !withTable.includes(name))).toEqual([]);
});
