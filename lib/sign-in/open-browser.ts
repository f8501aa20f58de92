import { spawn } from 'node:child_process';

const openers: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['open'],
  // Takes the address as it is, where `cmd /c start` would read its `&` as the end of the command.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens a page in the user's browser; without one nothing happens, so print the address as well. */
export function openBrowser(url: string): void {
  const [command = 'xdg-open', ...options] = openers[process.platform] ?? [];
  const child = spawn(command, [...options, url], { detached: true, stdio: 'ignore' });
  child.once('error', () => undefined);
  child.unref();
}
