import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a file of `bin` as an operator would, who has credentials of an account and no settings on this machine.
 *
 * @param awsEndpoint the endpoint of AWS's services.
 */
export function command(
  file: string,
  options: string[],
  awsEndpoint: string,
  environment: Record<string, string | undefined> = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'bulkhead-home-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const child = spawn(process.execPath, [join(root, 'bin', file), ...options], {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      AWS_ENDPOINT_URL: awsEndpoint,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    stdout += part;
  });
  child.stderr.on('data', (part: Buffer) => {
    stderr += part;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  /** Resolves when a text has appeared on stderr; rejects if the command ends before. */
  async function said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(stderr);
      if (found) return found;
      const over = await Promise.race([
        ended.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), 20)),
      ]);
      if (over) throw new Error(`the command ended: ${stderr}`);
    }
  }
  return { ended, said, end: () => child.kill() };
}
