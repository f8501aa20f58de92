import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { listen } from '../gateway/gateway.ts';
import { readBody } from '../gateway/read-body.ts';
import type { Log } from '../log.ts';

/** The contract of the content system, which the chain of a local run has. It is read as a file, as a chain would get it. */
const contractFile = join(import.meta.dirname, '../../functions/content/contracts/content-prices.clar');

/** The largest request: a transaction has 2 MB at most. */
const bodyBytesMax = 4 * 1_048_576;

/** A Stacks node for this run, on an address of its own. */
export interface StacksStandIn {
  readonly url: string;
  /** The process id of the node, once somebody has called it. */
  pid(): number | undefined;
  /** Ends the node at once; what it took is in its file. It is started anew by the next call. */
  kill(): void;
  stop(): Promise<void>;
}

/**
 * Opens the address of a Stacks node. The node itself is a process that is started by the first call: its virtual machine takes 200 MB, which
 * whoever sets no prices should not pay for.
 *
 * What it has taken is kept in this folder.
 */
export async function openStacksStandIn(dataDir: string, log: Log): Promise<StacksStandIn> {
  let node: { child: ChildProcess; port: Promise<number> } | undefined;
  let stopped = false;

  function start(): Promise<number> {
    // A call that was on its way when everything ended must not leave a node behind: with the next run's it would be a second one on
    // the same file.
    if (stopped) throw new Error('the Stacks stand-in has ended');
    const file = join(dataDir, 'stacks.ledger');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'node.ts'), file, contractFile], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH },
    });
    createInterface({ input: child.stderr }).on('line', (line) => log.write('stacks', line));
    const port = new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)));
      child.once('exit', (code) => reject(new Error(`the Stacks stand-in ended with ${code}`)));
      child.once('error', reject);
    });
    const started = { child, port };
    node = started;
    const forget = () => {
      if (node === started) node = undefined;
    };
    child.once('exit', forget).once('error', forget);
    return port;
  }

  const server: Server = createServer((incoming, outgoing) => {
    const pass = async () => {
      const body = await readBody(incoming, bodyBytesMax);
      const port = await (node?.port ?? start());
      const forwarded = request(
        { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          pipeline(answer, outgoing, () => undefined);
        },
      );
      // A lost answer is handed on as one.
      forwarded.on('error', () => incoming.socket.destroy());
      forwarded.end(body);
    };
    pass().catch((error: unknown) => {
      log.write('stacks', String(error));
      incoming.socket.destroy();
    });
  });
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: () => node?.child.pid,
    kill() {
      node?.child.kill('SIGKILL');
      node = undefined;
    },
    async stop() {
      stopped = true;
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      const child = node?.child;
      if (!child || child.exitCode !== null) return;
      const exited = new Promise((done) => child.once('exit', done));
      child.stdin?.end();
      await exited;
    },
  };
}
