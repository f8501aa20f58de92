import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

let url: URL | undefined;

/**
 * The program of a function's thread, as JavaScript. Node.js could run the `.ts` file itself, but every
 * thread would load a TypeScript parser of its own first: 27 ms and 6.5 MB each.
 */
export function threadUrl(): URL {
  if (url) return url;
  const source = readFileSync(new URL('./thread.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: 'node24' });
  url = new URL(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return url;
}
