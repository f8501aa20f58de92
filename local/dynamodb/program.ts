import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { invariant } from '../../core/invariant.ts';
import { CannotStart } from '../cannot-start.ts';
import type { DynamoEngine } from './engine.ts';
import { forward } from './forward.ts';

/** A DynamoDB engine that the local run starts as a process of its own. */
export interface EngineProgram {
  /** Its name in `--engine` and DYNAMODB_ENGINE. */
  readonly name: string;
  /** The file in DATA_DIR that holds its process id. */
  readonly pidFile: string;
  /** Time limit for the engine to open its files and its port. */
  readonly startMsMax: number;
  /** What it prints before, or once, it listens on its own port. */
  readonly startText: string;
  /** Logged while it starts, if that takes more than a moment. */
  readonly notice?: string;
  /**
   * The command line: an absolute path and its arguments.
   *
   * @throws CannotStart if the engine is not installed.
   */
  command(port: number, folder: string | undefined): readonly string[];
}

interface ProgramOptions {
  /** The folder where the engine keeps its tables, between runs too; without one they are in memory. */
  readonly folder?: string | undefined;
  /** A port for the engine; a free one by default. */
  readonly port?: number | undefined;
}

/** Runs the engine, and kills it when this process ends, also by `kill -9`. */
const watchdog = join(import.meta.dirname, 'watchdog.ts');

/**
 * Starts an engine as a process that ends with this one.
 *
 * @throws CannotStart if the engine is not installed, ends at once or does not listen in time.
 */
export async function startProgram(
  program: EngineProgram,
  { folder, port }: ProgramOptions = {},
): Promise<DynamoEngine> {
  if (folder !== undefined) endLeftover(program, folder);
  if (port !== undefined) return startOn(port, program, folder);
  for (let attempt = 1; attempt < startAttemptsMax; attempt++) {
    try {
      return await startOn(await freePort(), program, folder);
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error;
    }
  }
  return startOn(await freePort(), program, folder);
}

/** Another process took the port between its choice and the engine's start. */
class PortTaken extends CannotStart {}

/** Attempts to start on a free port, each on another one. */
const startAttemptsMax = 5;

async function startOn(
  port: number,
  program: EngineProgram,
  folder: string | undefined,
): Promise<DynamoEngine> {
  const { SystemRoot } = process.env;
  const child = spawn(process.execPath, [watchdog, ...program.command(port, folder)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Java reads and writes names of files by the locale; without one they are ASCII. Windows has no sockets
    // without its folder.
    env: { LANG: 'C.UTF-8', ...(SystemRoot ? { SystemRoot } : {}) },
    // Ctrl+C in the terminal is for the local run, which ends the engine last.
    detached: true,
    windowsHide: true,
  });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text).slice(-4_000);
  });
  const pid = await readPid(child, () => said);
  const pidFile = folder === undefined ? undefined : join(folder, program.pidFile);
  if (pidFile) writeFileSync(pidFile, String(pid));
  const kill = (): void => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in this moment.
    }
  };
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      // A watchdog that was killed itself has left the engine behind.
      if (code === null) kill();
      resolve();
    });
  });
  try {
    await untilOpen(port, child, program, () => said);
  } catch (error) {
    child.stdin?.end();
    throw error;
  }

  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const host = `127.0.0.1:${port}`;
  return {
    host,
    pid,
    ended: exited,
    forward: (target, body) => forward(agent, host, target, body),
    kill() {
      // Not once it has ended: its process id may be another program's by then.
      if (!hasEnded(child)) kill();
    },
    async stop() {
      agent.destroy();
      child.stdin?.end();
      await exited;
      if (pidFile) rmSync(pidFile, { force: true });
    },
  };
}

/** Kills an engine that an earlier run left behind, if the process with that id still is that engine. */
function endLeftover(program: EngineProgram, folder: string): void {
  const pidFile = join(folder, program.pidFile);
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  rmSync(pidFile, { force: true });
  if (!Number.isInteger(pid) || pid <= 1) return;
  // Without /proc (macOS) there is only the watchdog: the process id may have been reused by another program.
  const commandLine = `/proc/${pid}/cmdline`;
  if (!existsSync(commandLine)) return;
  const [executable = ''] = program.command(0, folder);
  const text = readFileSync(commandLine, 'utf8');
  if (text.startsWith(`${executable}\0`) && text.includes(folder)) process.kill(pid, 'SIGKILL');
}

/** @throws CannotStart, or PortTaken, if the watchdog ends before it tells the engine's process id. */
function readPid(child: ChildProcess, said: () => string): Promise<number> {
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
    // On `close` all that was printed has come, on `exit` it may not have.
    child.once('close', () => reject(failedStart(said())));
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
 * Waits until the engine reports that it starts or listens, and its port accepts connections. An open port
 * alone could belong to another process.
 *
 * @throws CannotStart if the engine ends first, or after the engine's time limit.
 */
async function untilOpen(
  port: number,
  child: ChildProcess,
  { startText, startMsMax }: EngineProgram,
  said: () => string,
): Promise<void> {
  const deadline = Date.now() + startMsMax;
  while (!said().includes(startText) || !(await opens(port))) {
    if (hasEnded(child) || Date.now() > deadline) {
      throw failedStart(said());
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** True for a process that has ended, by itself or by a signal. */
const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** Why an engine did not start, by what it printed. */
function failedStart(said: string): CannotStart {
  const reason = reasonIn(said);
  const Failure = /already in use/i.test(reason) ? PortTaken : CannotStart;
  return new Failure(`The DynamoDB engine did not start: ${reason}`);
}

/** The line of an engine's output that says why it ended: of a Java stack trace the last cause. */
function reasonIn(said: string): string {
  const lines = said.trim().split('\n');
  return lines.findLast((line) => /^Caused by:|^Exception /.test(line)) ?? lines.at(-1) ?? '';
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
