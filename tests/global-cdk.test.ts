import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../local/project.ts';

/** The folders of PATH that are not in the project: where commands that are installed globally are. */
const globalFolders = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => folder && !resolve(folder).startsWith(root));

const versionOf = (node: string): string => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';

/** A Node of this machine that is not the one that npm fetched for the project. */
const globalNode = globalFolders
  .map((folder) => join(folder, 'node'))
  .find((node) => /^v(2\d|[3-9]\d)\./.test(versionOf(node)));

if (!globalNode)
  console.warn(
    'The test of a global cdk is left out: PATH has no Node from version 20 on but the project’s own',
  );

test.skipIf(!globalNode)(
  'a global cdk synthesises the stack, whichever Node runs it',
  {
    timeout: 120_000,
  },
  () => {
    const output = mkdtempSync(join(tmpdir(), 'bulkhead-global-cdk-'));
    const { status, stderr } = spawnSync(
      String(globalNode),
      ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--no-notices', '--output', output],
      {
        cwd: root,
        encoding: 'utf8',
        // As in a shell of its own: nothing of npm and of this test run, and no command of the project.
        env: {
          PATH: globalFolders.join(delimiter),
          HOME: process.env.HOME,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
        },
      },
    );
    expect(status, stderr).toBe(0);
    const template = readFileSync(join(output, 'bulkhead-dev.template.json'), 'utf8');
    expect(Object.keys(JSON.parse(template).Resources)).toContain('Tablespatients470D20B9');
    rmSync(output, { recursive: true });
  },
);
