import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** The code that was measured: its commit, and whether files differ from it. */
function commit(root: string): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}

/** Where and when the figures were taken, as lines of a Markdown list. */
export function machineFacts(root: string): string[] {
  const cores = cpus();
  const load = loadavg()[0] ?? 0;
  return [
    `- ${new Date().toISOString()}, commit ${commit(root)}`,
    `- Node.js ${process.versions.node}, ${process.platform} ${process.arch}`,
    `- ${cores.length} cores (${cores[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB`,
    `- load average ${load.toFixed(2)}${load > cores.length / 2 ? ': the machine had other work, so trust ratios only' : ''}`,
  ];
}
