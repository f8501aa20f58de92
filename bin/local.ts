/** `npm start`: the whole stack on this machine. */
import { resolve } from 'node:path';
import { commandLine, jsonOption } from '../lib/command-line.ts';
import { CannotStart } from '../local/cannot-start.ts';
import { demoKey } from '../local/cliniko/stand-in.ts';
import { chooseEngine } from '../local/dynamodb/choice.ts';
import { readLimits } from '../local/limits/limits.ts';
import type { LogLine } from '../local/log.ts';
import { projectAssembly } from '../local/project.ts';
import { defaultDataDir, defaultPort, type Running, start } from '../local/start.ts';

/** Environment variables that are passed on from the shell of `npm start` to every Lambda. */
const passedOn = ['CLINIKO_BASE_URL', 'STACKS_API_URL'];

/** Interval at which the run checks that its parent process, npm, is still there. */
const parentCheckMs = 500;

// Lambda runs in UTC, and worker threads inherit the time zone of their process.
process.env.TZ = 'UTC';

const usage = `npm start -- [--engine dynoxide|dynamodb-local] [--settings '{…}']

--engine    the DynamoDB engine, as DYNAMODB_ENGINE
--settings  settings of the stage local, over those of cdk.json: '{"tableNames":{"patients":"restored-patients"}}'

The variables PORT, DATA_DIR and others are in CONTRIBUTING.md, "The local run".`;

const { values } = commandLine(usage, {
  options: { engine: { type: 'string' }, settings: { type: 'string' } },
});

try {
  const port = readPort(process.env.PORT);
  const dataDir = resolve(process.env.DATA_DIR || defaultDataDir);
  const { DYNAMODB_ENGINE, DYNAMODB_URL } = process.env;
  const engine = chooseEngine({ DYNAMODB_ENGINE: values.engine ?? DYNAMODB_ENGINE, DYNAMODB_URL });
  const folder = await projectAssembly(jsonOption(usage, 'settings', values.settings));
  const environment = Object.fromEntries(
    passedOn.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const strict = process.env.STRICT !== 'off';
  const limits = readLimits(process.env.LIMITS);
  const running = await start({
    assembly: folder,
    port,
    dataDir,
    engine,
    environment,
    print,
    strict,
    limits,
  });
  endOnSignal(running);
  console.log(await welcome(running, dataDir));
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  console.error(error.message);
  process.exit(1);
}

/** @throws CannotStart if the text is neither empty nor a port number. */
function readPort(text: string | undefined): number {
  if (!text) return defaultPort;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new CannotStart(`PORT is ${text}, which is not a number from 0 to 65535`);
}

function print({ source, text }: LogLine): void {
  console.log(`${source}  ${text}`);
}

/**
 * Stops the run on SIGINT or SIGTERM. The first signal lets requests finish; the second does not wait for
 * them. The run also ends, with exit code 1, when the DynamoDB engine ends by itself.
 */
function endOnSignal(running: Running): void {
  let asked = false;
  void running.engineEnded.then(() => {
    if (asked) return;
    console.error('The DynamoDB engine ended. Start again: every acknowledged write is on disk');
    process.exit(1);
  });
  const end = (): void => {
    const ending = asked ? running.crash() : running.stop();
    asked = true;
    ending.then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  whenOrphaned(end);
}

/**
 * Ends the run when npm has ended. npm does not forward its own SIGTERM to the script that it runs, but a
 * process whose parent has ended is given another parent, which a change of `process.ppid` shows. Without npm
 * only the run's own signals end it.
 */
function whenOrphaned(end: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, parentCheckMs);
}

async function welcome({ url, awsEndpoint, token }: Running, dataDir: string): Promise<string> {
  const bearer = await token({ sub: 'user-1', tenant_id: 'tenant-1', role: 'admin' });
  return `
Bulkhead runs at ${url}

A token for an admin of the tenant tenant-1, valid for an hour
(for another user: npm run -s token -- --sub user-2 --tenant_id tenant-2 --role viewer):

TOKEN=${bearer}

A first request:

curl -X POST ${url}/api/v1/batch/patients \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '[{"first_name":"Ada","last_name":"Moyo","date_of_birth":"1988-04-12","gender":"female","phone":"+255700000001"}]'

The stand-in for Cliniko has a demo account with 648 patients. Register its API key, then synchronise it:

curl -X PUT ${url}/api/v1/cliniko/settings/123 \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{"name":"Surf Rehab","api_key":"${demoKey}","contact_email":"you@example.com"}'
curl -X POST ${url}/api/v1/cliniko/sync-all/123 -H "Authorization: Bearer $TOKEN"

Data is kept in ${dataDir}. SMS, notifications and webhooks are collected at ${url}/_local/outbox
Tables, queues and secrets answer at ${awsEndpoint}, to the access key "root" without limits
Ctrl+C ends it.
`;
}
