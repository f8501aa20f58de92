import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command } from './command.ts';

/** Where nothing listens, for commands that must end before they call anything. */
const nowhere = 'http://127.0.0.1:1';

/** All commands of the project; `app.ts` is the app that the CDK runs. */
const commands = readdirSync(join(import.meta.dirname, '..', 'bin')).filter((file) => file !== 'app.ts');

/** What a command does when it is asked wrongly: the usage, which begins with how npm runs it. */
const misused = (what: string) => ({
  ...{ code: 2, stdout: '' },
  stderr: expect.stringMatching(new RegExp(`^[^\\n]*${what}[\\s\\S]*\n\nnpm (run|start)`)),
});

describe.each(commands)('%s', (file) => {
  test('says how it is used, and does nothing else', async () => {
    const { ended } = command(file, ['--help'], nowhere);
    expect(await ended).toEqual({ code: 0, stdout: expect.stringMatching(/^npm (run|start)/), stderr: '' });
  });

  test('names an option that it does not know, says how it is used, and ends with 2', async () => {
    expect(await command(file, ['--nope'], nowhere).ended).toMatchObject(misused('--nope'));
  });
});

test.each([
  ['verify-tables.ts', [], 'name a stage'],
  ['verify-tables.ts', ['--stage', 'prod', '--yes'], '--yes belongs to --repair'],
  ['verify-tables.ts', ['--stage'], '--stage'],
  ['verify-tables.ts', ['--stage', 'prod', '--settings', '[]'], '--settings takes an object in JSON'],
  ['preflight.ts', ['--region', 'eu-west-1', '--settings', '{tableNames}'], '--settings takes an object'],
  ['local.ts', ['--settings', 'tableNames'], '--settings takes an object in JSON'],
  ['user.ts', ['list'], '--stage is missing'],
  ['token.ts', ['--stage', 'prod', '--sub', 'u1'], '--sub is for a local run'],
])('%s %j is refused with its usage, before anything is called', async (file, options, what) => {
  expect(await command(file, options, nowhere).ended).toMatchObject(misused(what));
});

test('verify-tables says in one line that nothing answers', async () => {
  const { code, stdout, stderr } = await command('verify-tables.ts', ['--url', nowhere], nowhere).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^\S[^\n]*ECONNREFUSED[^\n]*\n$/);
});
