import { CannotStart } from '../cannot-start.ts';
import type { Log } from '../log.ts';
import { dynamodbLocal } from './dynamodb-local.ts';
import { dynoxide } from './dynoxide.ts';
import { connectEngine } from './elsewhere.ts';
import type { DynamoEngine } from './engine.ts';
import { type EngineProgram, startProgram } from './program.ts';

/** The engines that the local run can start; the first one is the default. */
const programs: readonly [EngineProgram, ...EngineProgram[]] = [dynoxide, dynamodbLocal];

/** The engine of a run: a program to start, or the URL of an engine that runs already. */
export type EngineChoice = EngineProgram | URL;

interface EngineSettings {
  /** The name of an engine; dynoxide by default. */
  readonly DYNAMODB_ENGINE?: string | undefined;
  /** The URL of an engine that runs already, for example `http://127.0.0.1:8001`. */
  readonly DYNAMODB_URL?: string | undefined;
}

/**
 * The engine that these settings name.
 *
 * @throws CannotStart if they name an unknown engine, both an engine and a URL, or a URL that is not plain
 * `http://host:port`.
 */
export function chooseEngine({ DYNAMODB_ENGINE: name, DYNAMODB_URL: url }: EngineSettings): EngineChoice {
  if (name && url)
    throw new CannotStart(`DYNAMODB_URL names an engine that runs already: leave out the engine ${name}`);
  if (url) return readUrl(url);
  if (!name) return programs[0];
  const program = programs.find((one) => one.name === name);
  if (program) return program;
  const known = programs.map((one) => one.name).join(', ');
  throw new CannotStart(`There is no DynamoDB engine ${name}: choose one of ${known}`);
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' && url.href === `${url.origin}/`) return url;
  throw new CannotStart(`DYNAMODB_URL is ${text}, which is not a URL like http://127.0.0.1:8001`);
}

/**
 * Starts the chosen engine on this folder, or connects to the one that runs already.
 *
 * @throws CannotStart with a one-line reason.
 */
export function openEngine(choice: EngineChoice, folder: string, log: Log): Promise<DynamoEngine> {
  if (choice instanceof URL) return connectEngine(choice);
  if (choice.notice) log.write('dynamodb', choice.notice);
  return startProgram(choice, { folder });
}
