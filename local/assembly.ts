import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
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
  /** The project's folder; the other paths are relative to it. */
  readonly root: string;
  /** The CDK app, e.g. `bin/app.ts`. */
  readonly app: string;
  /** Files and folders that the synthesised output depends on. A missing one counts as empty. */
  readonly inputs: readonly string[];
  /** CDK context, e.g. `{ stage: 'local' }`. */
  readonly context: Readonly<Record<string, unknown>>;
  /**
   * A folder of the output that depends on the inputs alone. It is taken over from an assembly of the same
   * inputs in another context, and the app gets its path as the context of this name.
   */
  readonly shared?: string;
}

/** An assembly that was not used for this time (a week) is removed from the cache. */
const retentionMs = 7 * 24 * 3_600_000;

/**
 * Synthesises the CDK app, or returns the cached assembly of the same inputs.
 *
 * @returns the folder of the assembly; `reused` is true if it came from the cache.
 * @throws CannotStart with the error line of the app's output if synthesis fails.
 */
export async function makeAssembly(options: AssemblyOptions): Promise<{ folder: string; reused: boolean }> {
  const { root, app, inputs, context, shared } = options;
  const cache = join(root, 'node_modules', '.cache', 'bulkhead');
  const sources = fingerprint(root, [app, ...inputs]);
  const folder = join(cache, `${sources}-${shortHash(createHash('sha256').update(JSON.stringify(context)))}`);
  mkdirSync(cache, { recursive: true });
  if (existsSync(join(folder, 'manifest.json'))) {
    utimesSync(folder, new Date(), new Date());
    return { folder, reused: true };
  }
  // Written to a temporary folder and renamed when complete: test files may synthesise the same inputs at
  // once.
  const draft = `${folder}.${process.pid}.${Date.now()}`;
  const made = shared === undefined ? {} : takenOver(cache, sources, shared, draft);
  await synthesise(root, app, draft, { ...context, ...made });
  try {
    renameSync(draft, folder);
  } catch {
    // Another process has finished the same content first.
    rmSync(draft, { recursive: true, force: true });
  }
  removeOld(cache);
  return { folder, reused: false };
}

/**
 * The context of the project's `cdk.json`. Only the CDK's command line would pass it to the app by itself.
 */
export function cdkContext(root: string): Record<string, unknown> {
  const file = join(root, 'cdk.json');
  if (!existsSync(file)) return {};
  return (JSON.parse(readFileSync(file, 'utf8')) as { context?: Record<string, unknown> }).context ?? {};
}

/**
 * Copies the shared folder of any assembly of the same inputs into a draft.
 *
 * @returns the context that names the copy; empty if there is no such assembly.
 */
function takenOver(
  cache: string,
  sources: string,
  shared: string,
  draft: string,
): AssemblyOptions['context'] {
  const made = readdirSync(cache)
    // Drafts have a dot in their names, and may go while they are copied.
    .filter((name) => name.startsWith(`${sources}-`) && !name.includes('.'))
    .map((name) => join(cache, name, shared))
    .find((path) => existsSync(path));
  if (made === undefined) return {};
  const copy = join(draft, shared);
  cpSync(made, copy, { recursive: true });
  return { [shared]: copy };
}

type Hash = ReturnType<typeof createHash>;

const shortHash = (hash: Hash): string => hash.digest('hex').slice(0, 32);

/** A hash over all inputs and the version of Node.js. */
function fingerprint(root: string, inputs: readonly string[]): string {
  const hash = createHash('sha256').update(process.version);
  for (const input of inputs) addToHash(hash, root, input);
  return shortHash(hash);
}

function addToHash(hash: Hash, root: string, path: string): void {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    const names = readdirSync(join(root, path)).filter((name) => name !== 'node_modules');
    for (const name of names.sort()) addToHash(hash, root, join(path, name));
  } else if (found) {
    // The length separates each file from the next, so that moved bytes change the hash.
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
  let output = '';
  child.stderr.on('data', (text: Buffer) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0 && existsSync(join(folder, 'manifest.json'))) return;
  rmSync(folder, { recursive: true, force: true });
  throw new CannotStart(
    `The stack cannot be synthesised: ${errorLine(output) ?? `${app} ended with ${code}`}`,
  );
}

/** The line with the message in the report of an uncaught error, else the first line with any text. */
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
    if (used < Date.now() - retentionMs) rmSync(folder, { recursive: true, force: true });
  }
}
