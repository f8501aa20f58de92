import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import type { EngineChoice } from '../../local/dynamodb/choice.ts';
import type { Limits } from '../../local/limits/limits.ts';
import { projectAssembly } from '../../local/project.ts';
import { type Running, start } from '../../local/start.ts';
import { type Person, somebody, type Traits } from '../people.ts';
import { assertNoneRefused, watchRefusals } from '../refused/refusals.ts';

interface OwnOptions {
  /** Of the stage, over those of `cdk.json`. */
  settings?: Record<string, unknown>;
  /** For every Lambda. */
  environment?: Record<string, string>;
  /** In place of the engine that DYNAMODB_ENGINE names. */
  engine?: EngineChoice;
  /** Limits and faults of AWS; none by default. */
  limits?: Limits;
  /** A folder that an earlier service left; a new one by default. */
  dataDir?: string;
  /** In place of the app as it is synthesised. */
  assembly?: string;
}

/** A service for one test or one file, because it is going to be hurt, restarted or set otherwise. */
export interface Own {
  running: Running;
  dataDir: string;
  person(traits?: Traits): Promise<Person>;
  /** Ends it as `kill -9` would, and starts it again with the same data, at another address. */
  crashAndRestart(): Promise<void>;
}

async function startOwn(options: OwnOptions): Promise<Own> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'bulkhead-own-')));
  const assembly = options.assembly ?? (await projectAssembly(options.settings));
  const run = async () => {
    const running = await start({
      assembly,
      port: 0,
      dataDir,
      ...(options.engine ? { engine: options.engine } : {}),
      ...(options.environment ? { environment: options.environment } : {}),
      limits: options.limits,
    });
    watchRefusals(running.refused);
    return running;
  };
  const own: Own = {
    running: await run(),
    dataDir,
    person: (traits = {}) => somebody({ url: own.running.url, ...traits }),
    async crashAndRestart() {
      await own.running.crash();
      own.running = await run();
    },
  };
  return own;
}

async function end({ running, dataDir }: Own): Promise<void> {
  await running.stop();
  await rm(dataDir, { recursive: true, force: true });
  // What it sent while it stopped.
  await assertNoneRefused();
}

/** A service that is stopped when the test ends. */
export async function ownService(options: OwnOptions = {}): Promise<Own> {
  const own = await startOwn(options);
  onTestFinished(() => end(own));
  return own;
}

/** A service that the tests of one file share; to be called in its `beforeAll`. */
export async function ownServiceOfFile(options: OwnOptions = {}): Promise<Own> {
  const own = await startOwn(options);
  afterAll(() => end(own));
  return own;
}
