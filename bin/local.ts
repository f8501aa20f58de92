/** `npm start`: the whole stack on this machine. */
import { resolve } from 'node:path';
import { CannotStart } from '../local/cannot-start.ts';
import { demoKey } from '../local/cliniko/stand-in.ts';
import type { LogLine } from '../local/log.ts';
import { projectAssembly } from '../local/project.ts';
import { defaultDataDir, type Running, start } from '../local/start.ts';

/** Settings that Lambdas take from the shell of `npm start`. */
const passedOn = ['CLINIKO_BASE_URL', 'STACKS_API_URL', 'LOG_LEVEL'];

// Lambda's clock is UTC, and threads have the time zone of their process.
process.env.TZ = 'UTC';

try {
  const port = readPort(process.env.PORT);
  const dataDir = resolve(process.env.DATA_DIR || defaultDataDir);
  const folder = await projectAssembly();
  const environment = Object.fromEntries(
    passedOn.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const running = await start({ assembly: folder, port, dataDir, environment, print });
  endOnSignal(running);
  console.log(await welcome(running, dataDir));
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  console.error(error.message);
  process.exit(1);
}

/** @throws CannotStart unless it is a port, or not given. */
function readPort(text: string | undefined): number {
  if (!text) return 8_000;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new CannotStart(`PORT is ${text}, which is not a number from 0 to 65535`);
}

function print({ source, text }: LogLine): void {
  console.log(`${source}  ${text}`);
}

/**
 * The first signal lets requests finish; the second does not wait for them. Without its engine the run ends
 * as well.
 */
function endOnSignal(running: Running): void {
  let asked = false;
  void running.engineEnded.then(() => {
    if (asked) return;
    console.error('The DynamoDB engine ended: start again, nothing that was acknowledged is lost');
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
 * npm does not hand a SIGTERM of its own on to what it runs. A process whose parent has ended gets another one, and that is how it
 * is noticed; without npm the run is on its own and ends only by its own signals.
 */
function whenOrphaned(end: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 500);
}

async function welcome({ url, token }: Running, dataDir: string): Promise<string> {
  const bearer = await token({ sub: 'user-1', tenant_id: 'tenant-1', role: 'admin' });
  return `
Bulkhead runs at ${url}

A token for an admin of the tenant tenant-1, good for an hour
(for another: npm run -s token -- --sub user-2 --tenant_id tenant-2 --role viewer):

TOKEN=${bearer}

A first call:

curl -X POST ${url}/api/v1/batch/patients \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '[{"first_name":"Ada","last_name":"Moyo","date_of_birth":"1988-04-12","gender":"female","phone":"+255700000001"}]'

A stand-in for Cliniko has the demo account \`${demoKey}\` with 648 patients; register it, and synchronise it:

curl -X PUT ${url}/api/v1/cliniko/settings/123 \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{"name":"Surf Rehab","api_key":"${demoKey}","contact_email":"you@example.com"}'
curl -X POST ${url}/api/v1/cliniko/sync-all/123 -H "Authorization: Bearer $TOKEN"

Data is kept in ${dataDir}. What would have left this machine: ${url}/_local/outbox
Ctrl+C ends it.
`;
}
