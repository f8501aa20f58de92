import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dynamodbLocal } from '../../local/dynamodb/dynamodb-local.ts';
import { dynoxide } from '../../local/dynamodb/dynoxide.ts';
import { eventually, scratch } from './fixture/run.ts';

const bin = join(import.meta.dirname, '..', '..', 'bin');
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly said: () => string;
}

/** Runs one of the project's commands with Node.js as npm does. */
function run(script: string, environment: Record<string, string> = {}, args: string[] = []): Started {
  const dataDir = scratch();
  const child = spawn(process.execPath, [join(bin, script), ...args], {
    env: { ...process.env, PORT: '0', DATA_DIR: dataDir, ...environment },
  });
  started.add(child);
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  return { child, dataDir, said: () => said };
}

/** The exit code and the lines of standard error. */
async function end({ child }: Started): Promise<{ code: number | null; errors: string[] }> {
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, errors: errors.split('\n').filter((line) => line !== '') };
}

const pidFile = process.env.DYNAMODB_ENGINE === dynamodbLocal.name ? dynamodbLocal.pidFile : dynoxide.pidFile;
const enginePid = (dataDir: string): number => Number(readFileSync(join(dataDir, pidFile), 'utf8'));
const isGone = (pid: number): true | undefined => {
  try {
    process.kill(pid, 0);
    return undefined;
  } catch {
    return true;
  }
};
const welcome = ({ said, child }: Started): Promise<string> =>
  eventually(() => {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}`);
    return said().includes('Ctrl+C ends it') ? said() : undefined;
  });

/** The first call that the welcome shows, ready to be made. */
function firstCall(text: string): {
  url: string;
  headers: Record<string, string>;
  send: () => Promise<Response>;
} {
  const token = /^TOKEN=(\S+)$/m.exec(text)?.[1];
  const [, url = '', body = ''] = /curl -X POST (\S+)[\s\S]*?-d '([^']+)'/.exec(text) ?? [];
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return { url, headers, send: () => fetch(url, { method: 'POST', headers, body }) };
}

describe('npm start', () => {
  test('tells what to do next, and doing it works', async () => {
    const running = run('local.ts');
    const text = await welcome(running);
    expect(text).toContain(running.dataDir);
    const { url, send } = firstCall(text);
    expect((await send()).status).toBe(201);

    const asked = run('token.ts', { PORT: new URL(url).port }, [
      '--sub',
      'u1',
      '--tenant_id',
      't1',
      '--role',
      'admin',
    ]);
    expect(await end(asked)).toEqual({ code: 0, errors: [] });
    expect(asked.said()).toMatch(/^eyJ\S+\n$/);

    const engine = enginePid(running.dataDir);
    running.child.kill('SIGTERM');
    expect(await end(running)).toEqual({ code: 0, errors: [] });
    await eventually(() => isGone(engine));
  }, 60_000);

  test('leaves no engine behind even when it is killed, and what it had acknowledged is there again', async () => {
    const running = run('local.ts');
    const first = firstCall(await welcome(running));
    const { patients } = (await (await first.send()).json()) as { patients: { id: string }[] };
    const engine = enginePid(running.dataDir);
    running.child.kill('SIGKILL');
    await eventually(() => isGone(engine));

    const again = run('local.ts', { DATA_DIR: running.dataDir });
    const { origin } = new URL(firstCall(await welcome(again)).url);
    // The token of the run before: its key was kept as well.
    const read = await fetch(`${origin}/api/v1/patients/${patients[0]?.id}`, { headers: first.headers });
    expect(await read.json()).toMatchObject({ id: patients[0]?.id });
    again.child.kill('SIGINT');
    expect((await end(again)).code).toBe(0);
  }, 60_000);
});

describe('what cannot be started is told in one line', () => {
  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const { code, errors } = await end(run('local.ts', { PORT: port }));
    other.close();
    expect(code).toBe(1);
    expect(errors).toEqual([`Port ${port} is taken: stop what uses it, or choose another with PORT=8001`]);
  });

  test('a port that is none', async () => {
    const { code, errors } = await end(run('local.ts', { PORT: '80x' }));
    expect([code, errors]).toEqual([1, ['PORT is 80x, which is not a number from 0 to 65535']]);
  });

  test('a missing engine', async () => {
    const { code, errors } = await end(
      run('local.ts', { DYNOXIDE_PATH: '/nowhere', DYNAMODB_ENGINE: 'dynoxide' }),
    );
    expect(code).toBe(1);
    expect(errors).toEqual([
      'The DynamoDB engine is missing: DYNOXIDE_PATH names /nowhere, where nothing is',
    ]);
  });

  test('an engine that does not exist, and an option that does not', async () => {
    const unknown = await end(run('local.ts', {}, ['--engine', 'sqlite']));
    expect([unknown.code, unknown.errors]).toEqual([
      1,
      ['There is no DynamoDB engine sqlite: choose one of dynoxide, dynamodb-local'],
    ]);
    const typo = await end(run('local.ts', {}, ['--motor', 'sqlite']));
    expect([typo.code, typo.errors[0]]).toEqual([2, "Unknown option '--motor'"]);
  });

  test('a data folder that cannot be written', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    const { code, errors } = await end(run('local.ts', { DATA_DIR: file }));
    expect(code).toBe(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`DATA_DIR ${file} cannot be written`);
  });

  test('a token without a running server, or with an option that does not exist', async () => {
    const nobody = await end(run('token.ts', { PORT: '1' }, ['--sub', 'u1']));
    expect(nobody.code).toBe(1);
    expect(nobody.errors).toEqual([
      'Nothing answers at http://localhost:1: run `npm start` first (and set PORT if it uses another), or name a deployed stage with --stage',
    ]);
    const typo = await end(run('token.ts', {}, ['--tenant', 't1']));
    expect([typo.code, typo.errors[0]]).toEqual([2, "Unknown option '--tenant'"]);
  });
});
