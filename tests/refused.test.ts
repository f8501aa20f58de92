import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scratch, startFixture } from './local/fixture/run.ts';

interface Report {
  testResults: { assertionResults: { title: string; status: string; failureMessages: string[] }[] }[];
}

/** Runs the cases by a Vitest of their own. @returns the first lines of why each failed; of one that passed nothing. */
async function outcomes(url: string): Promise<Record<string, string>> {
  const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
  const config = fileURLToPath(new URL('refused/vitest.config.ts', import.meta.url));
  const { VITEST, ...environment } = process.env;
  const file = join(scratch(), 'report.json');
  const options = ['--config', config, '--reporter', 'json', '--outputFile', file];
  const child = spawn(process.execPath, [vitest, 'run', ...options], {
    env: { ...environment, SERVICE_URL: url },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
  const { testResults } = JSON.parse(await readFile(file, 'utf8')) as Report;
  return Object.fromEntries(
    testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ title, failureMessages }) => [title, failureMessages.join('\n')]),
    ),
  );
}

test('a DynamoDB request that is refused as invalid fails the very test in which it is sent, and no other', {
  timeout: 60_000,
}, async () => {
  const { url } = await startFixture();
  const refused = (sender: string, request: string) =>
    expect.stringMatching(
      new RegExp(String.raw`^Error: DynamoDB refuses requests that were sent:\n${sender}: ${request}`),
    );
  const tables = String.raw`Fixture-TablesFunctionServiceRole\S*`;
  const passed = '';
  expect(await outcomes(url)).toEqual({
    'sends what DynamoDB takes': passed,
    'a function sends what only AWS refuses': refused(tables, 'strict: Query: .*sk is empty'),
    'a condition that fails is no refusal': passed,
    'a function sends what the engine refuses': refused(tables, 'UpdateItem: .*'),
    'a function sends a transaction with an action that the engine refuses': refused(
      tables,
      'TransactWriteItems: action 0: .*',
    ),
    'sends nothing, after others that were refused': passed,
    'a client of an engine sends what only AWS refuses': refused('client', 'strict: PutItem: .*sk is empty'),
    'a client of an engine sends what the engine refuses': refused('client', 'UpdateItem: .*'),
    'a client of an engine sends a transaction with an action that the engine refuses': refused(
      'client',
      'TransactWriteItems: action 0: .*',
    ),
    'expects the refusal that it provokes': passed,
    'expects one refusal and provokes another': expect.stringContaining(
      'DynamoDB refused no request with /sk is empty/',
    ),
    'expects a refusal and provokes none': expect.stringContaining(
      'DynamoDB refused no request with /sk is empty/',
    ),
    'an engine that the test ends was sent what AWS refuses': refused(
      'client',
      'strict: PutItem: .*empty name',
    ),
  });
});
