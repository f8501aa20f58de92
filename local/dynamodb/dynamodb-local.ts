import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CannotStart } from '../cannot-start.ts';
import type { EngineProgram } from './program.ts';

/** The folder into which `tests/engines/fetch.sh` brings the engine: 85 files, 51 MB. */
const library = join(import.meta.dirname, '..', '..', '.engines', 'dynamodb-local');

const mainClass = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';

/**
 * Options of the JVM. Compiling with C1 alone and collecting with one thread halves the start; DynamoDB Local
 * needs 110 to 230 MB, and would otherwise be given a quarter of the machine's memory.
 */
const jvmOptions = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m'];

/**
 * AWS's own DynamoDB Local (Java). It refuses what DynamoDB refuses and dynoxide lets pass, for example empty
 * texts in keys and more than 300 operators. It cannot be told to listen on the loopback interface alone.
 */
export const dynamodbLocal: EngineProgram = {
  name: 'dynamodb-local',
  pidFile: 'dynamodb-local.pid',
  // A JVM on a busy machine was seen to need 31 seconds.
  startMsMax: 60_000,
  startText: 'Port:',
  notice: 'DynamoDB Local is starting. A Java virtual machine needs 2 to 30 seconds',
  command(port, folder) {
    const { java, missing } = installation();
    if (!java) throw new CannotStart(missing);
    const storage = folder === undefined ? undefined : join(folder, 'dynamodb-local');
    if (storage) mkdirSync(storage, { recursive: true });
    return [
      java,
      ...jvmOptions,
      ...[`-Djava.library.path=${library}`, '-cp', join(library, '*'), mainClass],
      ...['-port', String(port), '-sharedDb', '-disableTelemetry'],
      ...(storage ? ['-dbPath', storage] : ['-inMemory']),
    ];
  },
};

/** Java's executable if DynamoDB Local can run here, else the reason why not, as one line. */
export function installation(): { java: string; missing?: never } | { java?: never; missing: string } {
  if (!existsSync(join(library, 'complete')))
    return { missing: 'DynamoDB Local is missing: tests/engines/fetch.sh brings it (by Maven, 51 MB)' };
  const java = findJava();
  return java ? { java } : { missing: 'Java is missing: DynamoDB Local needs Java 17, in PATH or JAVA_HOME' };
}

function findJava(): string | undefined {
  const { JAVA_HOME, PATH = '' } = process.env;
  const folders = JAVA_HOME ? [join(JAVA_HOME, 'bin')] : PATH.split(delimiter);
  const java = process.platform === 'win32' ? 'java.exe' : 'java';
  return folders.map((folder) => join(folder, java)).find(existsSync);
}
