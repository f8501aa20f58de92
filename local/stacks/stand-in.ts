import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listen } from '../gateway/gateway.ts';
import { readBody } from '../gateway/read-body.ts';
import type { Log } from '../log.ts';

/** The contract of the content system, the only one on the local chain. It is read as source code. */
const contractFile = join(import.meta.dirname, '../../functions/content/contracts/content-prices.clar');

/** The largest request body: a transaction has at most 2 MB. */
const bodyBytesMax = 4 * 1_048_576;

/** The Stacks node of this run, with its own base URL. */
export interface StacksStandIn {
  readonly url: string;
  /** The process id of the node; undefined until its first request. */
  pid(): number | undefined;
  /** Kills the node; accepted transactions are in its file. The next request starts it again. */
  kill(): void;
  stop(): Promise<void>;
}

/**
 * Opens a proxy for the Stacks node. The first request starts the node's process: its virtual machine takes
 * 200 MB, which a run without content prices should not cost.
 *
 * Accepted transactions are kept in this folder.
 */
export async function openStacksStandIn(dataDir: string, log: Log): Promise<StacksStandIn> {
  let node: { child: ChildProcess; port: Promise<number> } | undefined;
  let stopped = false;

  function start(): Promise<number> {
    // A request in flight during the stop must not leave a node behind, which would write to the same file as
    // the node of the next run.
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
          // If the node dies in the middle of its answer, the caller's connection is closed too.
          answer.on('error', () => outgoing.destroy()).pipe(outgoing);
        },
      );
      // A lost answer stays lost for the caller.
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
