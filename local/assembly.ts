import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from './cannot-start.ts';

export interface AssemblyOptions {
  /** The project's folder; everything else is relative to it. */
  readonly root: string;
  /** The CDK app, e.g. `bin/app.ts`. */
  readonly app: string;
  /** Files and folders that decide what the app synthesises. A missing one is as good as an empty one. */
  readonly inputs: readonly string[];
  /** CDK context, e.g. `{ stage: 'local' }`. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** An assembly that was not used for so long is removed. */
const keptMs = 7 * 24 * 3_600_000;

/**
 * Synthesises the CDK app, or gives the assembly that was synthesised from the same inputs before.
 *
 * @returns the folder of the assembly, and whether it was there already.
 * @throws CannotStart with the app's last words if it fails.
 */
export async function makeAssembly(options: AssemblyOptions): Promise<{ folder: string; reused: boolean }> {
  const { root, app, inputs, context } = options;
  const cache = join(root, 'node_modules', '.cache', 'bulkhead');
  const folder = join(cache, fingerprint(root, [app, ...inputs], context));
  mkdirSync(cache, { recursive: true });
  if (existsSync(join(folder, 'manifest.json'))) {
    utimesSync(folder, new Date(), new Date());
    return { folder, reused: true };
  }
  // Made beside its place and moved when complete: several test files may want the same assembly at once.
  const draft = `${folder}.${process.pid}.${Date.now()}`;
  await synthesise(root, app, draft, context);
  try {
    renameSync(draft, folder);
  } catch {
    // Someone else was faster with the same content.
    rmSync(draft, { recursive: true, force: true });
  }
  removeOld(cache);
  return { folder, reused: false };
}

/**
 * The context of the project's `cdk.json`, which the CDK's own command line hands to the app and nobody else
 * does.
 */
export function cdkContext(root: string): Record<string, unknown> {
  const file = join(root, 'cdk.json');
  if (!existsSync(file)) return {};
  return (JSON.parse(readFileSync(file, 'utf8')) as { context?: Record<string, unknown> }).context ?? {};
}

/** Changes when any input does, or Node.js itself. */
function fingerprint(root: string, inputs: readonly string[], context: AssemblyOptions['context']): string {
  const hash = createHash('sha256').update(process.version).update(JSON.stringify(context));
  for (const input of inputs) addToHash(hash, root, input);
  return hash.digest('hex').slice(0, 32);
}

function addToHash(hash: ReturnType<typeof createHash>, root: string, path: string): void {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    const names = readdirSync(join(root, path)).filter((name) => name !== 'node_modules');
    for (const name of names.sort()) addToHash(hash, root, join(path, name));
  } else if (found) {
    // The length parts one file from the next.
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
}

async function synthesise(
  root: string,
  app: string,
  folder: string,
  context: AssemblyOptions['context'],
): Promise<void> {
  const child = spawn(process.execPath, [join(root, app)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0 && existsSync(join(folder, 'manifest.json'))) return;
  rmSync(folder, { recursive: true, force: true });
  throw new CannotStart(`The stack cannot be synthesised: ${errorLine(said) ?? `${app} ended with ${code}`}`);
}

/** The line of an uncaught error's report that says what is wrong. */
function errorLine(report: string): string | undefined {
  const lines = report.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^(\w+ )?\[?\w*(Error|Exception)\b.*:/.test(line)) ??
    lines.find((line) => line !== '')
  );
}

function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (used < Date.now() - keptMs) rmSync(folder, { recursive: true, force: true });
  }
}
