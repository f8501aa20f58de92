/**
 * Runs a DynamoDB engine, whose command line is that of this process, and kills it when standard input ends:
 * the kernel closes it however the local run ends. An orphaned engine would keep the files of DATA_DIR open.
 * Standard output carries the engine's process id alone: what the engine prints goes to standard error.
 */
import { spawn } from 'node:child_process';

const [program = '', ...parameters] = process.argv.slice(2);
const engine = spawn(program, parameters, {
  stdio: ['ignore', process.stderr.fd, 'inherit'],
  windowsHide: true,
});
engine.once('spawn', () => console.log(engine.pid));
engine.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
engine.once('exit', (code) => process.exit(code ?? 1));
process.stdin.once('close', () => engine.kill('SIGKILL')).resume();
