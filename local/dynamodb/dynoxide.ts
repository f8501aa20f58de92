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
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch (cause) {
    throw new CannotStart(
      `The DynamoDB engine is missing: install ${name}, or set DYNOXIDE_PATH to a dynoxide binary`,
      { cause },
    );
  }
}
