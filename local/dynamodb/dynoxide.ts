import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CannotStart } from '../cannot-start.ts';
import type { EngineProgram } from './program.ts';

/** dynoxide: DynamoDB on SQLite, from npm. It starts in a tenth of a second and needs nothing else. */
export const dynoxide: EngineProgram = {
  name: 'dynoxide',
  pidFile: 'dynamodb.pid',
  startMsMax: 10_000,
  startText: 'listening on',
  command: (port, folder) => [
    findBinary(),
    ...['--host', '127.0.0.1', '--port', String(port)],
    ...(folder === undefined ? [] : ['--db-path', join(folder, 'dynamodb.db')]),
  ],
};

/** The engine's executable: DYNOXIDE_PATH, or the npm package for this platform. */
function findBinary(): string {
  const asked = process.env.DYNOXIDE_PATH;
  if (asked) {
    if (existsSync(asked)) return asked;
    throw new CannotStart(`The DynamoDB engine is missing: DYNOXIDE_PATH names ${asked}, where nothing is`);
  }
  return packagedBinary(process.platform, process.arch);
}

/**
 * The executable that npm has brought for a machine.
 *
 * @throws CannotStart with the command that starts on another engine. npm has dynoxide for Linux on x64 only.
 */
export function packagedBinary(platform: string, arch: string): string {
  const { name, file } = packageOf(platform, arch);
  try {
    return createRequire(import.meta.url).resolve(`${name}/${file}`);
  } catch (cause) {
    throw new CannotStart(
      `The DynamoDB engine is missing: npm has brought no ${name}. Start on DynamoDB Local instead: ` +
        'tests/engines/fetch.sh && npm start -- --engine dynamodb-local',
      { cause },
    );
  }
}

/** The package of dynoxide for a machine, by Node's names of platforms, and the executable in it. */
export const packageOf = (platform: string, arch: string) => ({
  name: `@dynoxide/${platform}-${arch}`,
  file: platform === 'win32' ? 'dynoxide.exe' : 'dynoxide',
});
