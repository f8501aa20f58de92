import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { present } from '../core/invariant.ts';
import { makeRefusals } from '../local/dynamodb/refusals.ts';
import { makeFleet } from '../local/lambda/fleet.ts';
import { type FunctionSpec, functionSpecs, moduleFiles } from '../local/lambda/function-spec.ts';
import { makeLog } from '../local/log.ts';
import { projectAssembly } from '../local/project.ts';
import { readAssembly } from '../local/template/assembly-file.ts';
import { resolveStack } from '../local/template/stack.ts';

/** An address at which nobody listens: the function below fails before its first call. */
const nowhere = '127.0.0.1:9';
const specs = functionSpecs(resolveStack(readAssembly(await projectAssembly()), `http://${nowhere}`));

/** A worker that fails in its handler, since the table is missing that it reads. */
const worker = present(
  specs.find(({ logicalId }) => logicalId.startsWith('webhookssweep')),
  'the stack has the worker',
);

/** The file with a function's bundle. */
const moduleOf = (spec: FunctionSpec): string =>
  present(moduleFiles(spec).find(existsSync), 'every function has its bundle');

const source = readFileSync('functions/webhooks/delivery-store.ts', 'utf8').split('\n');
const line = source.findIndex((text) => text.includes("tableName('webhooks'), range")) + 1;

/** The frames of the error that a worker logged (`describe` of core/log.ts). */
const framesIn = (lines: readonly string[]): string[] => {
  const failed = lines.find((text) => text.includes('"worker failed"')) ?? '{}';
  return (JSON.parse(failed) as { stack?: string[] }).stack ?? [];
};

const ownFrames = [
  expect.stringMatching(/core\/environment\.ts:\d+/),
  expect.stringMatching(/core\/dynamo\/tables\.ts:\d+/),
  expect.stringContaining(`functions/webhooks/delivery-store.ts:${line}:`),
];

test('names the source file and the line of a stack frame in the log of the local run', async () => {
  const log = makeLog();
  const fleet = makeFleet(specs, {
    awsEndpoint: `http://${nowhere}`,
    dynamo: { host: nowhere, allowedTo: () => new Set() },
    environment: { WEBHOOKS_TABLE: '' },
    log,
    refusals: makeRefusals(log),
  });
  await fleet.invoke(worker.logicalId, '{}');
  await fleet.stop();
  expect(framesIn(log.lines().map(({ text }) => text)).slice(0, ownFrames.length)).toEqual(ownFrames);
});

test('names them on AWS too, where Node.js reads the variables of the function', () => {
  const url = JSON.stringify(pathToFileURL(moduleOf(worker)).href);
  const code = `(await import(${url})).handler({}, { getRemainingTimeInMillis: () => 60_000 }).catch(() => {})`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...worker.environment, WEBHOOKS_TABLE: '' },
    encoding: 'utf8',
  });
  expect(framesIn(stderr.split('\n')).slice(0, ownFrames.length)).toEqual(ownFrames);
});

test('ships maps without the texts of sources, and small beside the code', () => {
  for (const module of specs.map(moduleOf)) {
    const code = readFileSync(module);
    const map = readFileSync(`${module}.map`, 'utf8');
    expect(map).not.toContain('sourcesContent');
    expect(map).not.toContain('node_modules');
    expect(map.length).toBeLessThan(code.length / 10);
  }
});
