import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.ts';

/**
 * Runs a file as a process of its own and waits for the one message in which it tells where it is. It ends itself when its connection
 * to this process closes, so it ends also when this process is killed.
 *
 * @throws Error if it ends before it told.
 */
export async function startChild<Told>(cleanup: Cleanup, file: URL, args: string[] = []): Promise<Told> {
  const child = fork(fileURLToPath(file), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  cleanup.later(async () => {
    if (child.connected) child.disconnect();
    await exited;
  });
  return (await Promise.race([
    once(child, 'message').then(([told]) => told),
    exited.then(([code]) => Promise.reject(new Error(`${file.pathname} ended with ${code}`))),
  ])) as Told;
}

/** The other end: tells where this process is, and ends it by `stop` when nobody is left who could use it. */
export function tellParent(told: object, stop: () => Promise<unknown>): void {
  process.once('disconnect', () => {
    void stop().then(() => process.exit(0));
  });
  // The parent answers them by disconnecting.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.send?.(told);
}
