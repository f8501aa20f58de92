import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { invariant } from '../../core/invariant.ts';
import { region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { AwsAnswer } from './service.ts';

/** The DynamoDB engine: a separate process on a local port. */
export interface DynamoEngine {
  /** Forwards a request unchanged and returns the engine's answer unchanged. */
  forward(target: string, body: Buffer | string): Promise<AwsAnswer>;
  /** Its address, as `host:port`. */
  readonly host: string;
  /** The process id of the engine. */
  readonly pid: number;
  /** Resolves when the engine ends, after `stop()` or by itself. */
  readonly ended: Promise<void>;
  /** Ends the engine; every acknowledged write is on disk. */
  stop(): Promise<void>;
}

/**
 * The shell script that runs the engine. It kills the engine when its own standard input closes. The kernel
 * closes it however this process ends; an orphaned engine would keep the files of DATA_DIR open.
 */
const watchdog = `exec 3<&0
"$@" <&- 3<&- &
engine=$!
echo "$engine"
(cat <&3 >/dev/null; kill -9 "$engine" 2>/dev/null) >&- 2>&- &
exec 3<&-
wait "$engine"`;

/** Time limit for the engine to open its file and its port. */
const startMsMax = 10_000;

/**
 * Starts the engine on a database file in this folder, which is kept between runs.
 *
 * @throws CannotStart if the engine is not installed, ends at once or does not listen within 10 seconds.
 */
export async function startDynamoEngine(dataDir: string): Promise<DynamoEngine> {
  const binary = findBinary();
  const pidFile = join(dataDir, 'dynamodb.pid');
  endLeftover(pidFile, binary);
  for (let attempt = 1; attempt < startAttemptsMax; attempt++) {
    try {
      return await startOn(await freePort(), binary, dataDir, pidFile);
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error;
    }
  }
  return startOn(await freePort(), binary, dataDir, pidFile);
}

/** Another process took the port between its choice and the engine's start. */
class PortTaken extends CannotStart {}

/** Attempts to start on a free port, each on another one. */
const startAttemptsMax = 5;

async function startOn(
  port: number,
  binary: string,
  dataDir: string,
  pidFile: string,
): Promise<DynamoEngine> {
  const child = spawn(
    'sh',
    [
      '-c',
      watchdog,
      'sh',
      binary,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--db-path',
      join(dataDir, 'dynamodb.db'),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: {}, detached: true },
  );
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text).slice(-2_000);
  });
  const pid = await readPid(child);
  writeFileSync(pidFile, String(pid));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await untilOpen(port, child, () => said);

  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    host: `127.0.0.1:${port}`,
    pid,
    ended: exited,
    forward: (target, body) => forward(agent, port, target, body),
    async stop() {
      agent.destroy();
      child.stdin?.end();
      await exited;
      rmSync(pidFile, { force: true });
    },
  };
}

/** The engine's executable: DYNOXIDE_PATH, or the npm package for this platform. */
function findBinary(): string {
  const asked = process.env.DYNOXIDE_PATH;
  if (asked) {
    if (existsSync(asked)) return asked;
    throw new CannotStart(`The DynamoDB engine is missing: DYNOXIDE_PATH names ${asked}, where nothing is`);
  }
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch (cause) {
    throw new CannotStart(
      `The DynamoDB engine is missing: install ${name}, or set DYNOXIDE_PATH to a dynoxide binary`,
      { cause },
    );
  }
}

/** Kills an engine that an earlier run left behind, if the process with that id still is an engine. */
function endLeftover(pidFile: string, binary: string): void {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  rmSync(pidFile, { force: true });
  if (!Number.isInteger(pid) || pid <= 1) return;
  // Without /proc (macOS) there is only the watchdog: the process id may have been reused by another program.
  const commandLine = `/proc/${pid}/cmdline`;
  if (!existsSync(commandLine) || !readFileSync(commandLine, 'utf8').startsWith(binary)) return;
  process.kill(pid, 'SIGKILL');
}

function readPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('error', (error) =>
      reject(new CannotStart(`Cannot start the DynamoDB engine: ${error.message}`)),
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
      const line = /^(\d+)\n/.exec(text);
      if (line) resolve(Number(line[1]));
    });
    child.once('exit', () =>
      reject(new CannotStart('Cannot start the DynamoDB engine: its shell ended at once')),
    );
  });
}

/** A port that is free at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      invariant(typeof address === 'object' && address, 'the server listens on a port');
      server.close(() => resolve(address.port));
    });
  });
}

/**
 * Waits until the engine reports that it listens and its port accepts connections. An open port alone could
 * belong to another process.
 *
 * @throws CannotStart if the engine ends first, or after 10 seconds.
 */
async function untilOpen(port: number, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + startMsMax;
  while (!said().includes('listening on') || !(await opens(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const last = said().trim().split('\n').at(-1) || 'it said nothing';
      const Refusal = last.includes('already in use') ? PortTaken : CannotStart;
      throw new Refusal(`The DynamoDB engine did not start: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Headers of a request. The engine requires a signature but does not verify it. */
const signature = {
  'content-type': 'application/x-amz-json-1.0',
  authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
  'x-amz-date': '20260101T000000Z',
};

function forward(agent: Agent, port: number, target: string, body: Buffer | string): Promise<AwsAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/',
        headers: { ...signature, 'x-amz-target': target, 'content-length': Buffer.byteLength(body) },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 500,
            headers: passedOn(incoming.headers),
            body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
          }),
        );
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The headers of an answer that clients read; the server sets length and connection itself. */
function passedOn(headers: Readonly<Record<string, string | string[] | undefined>>): AwsAnswer['headers'] {
  return {
    'content-type': headers['content-type'],
    'x-amzn-requestid': headers['x-amzn-requestid'],
    'x-amz-crc32': headers['x-amz-crc32'],
    'x-amzn-errortype': headers['x-amzn-errortype'],
  };
}
