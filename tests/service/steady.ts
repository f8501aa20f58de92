/**
 * `node tests/service/steady.ts --rate 200 --seconds 60`: runs a mixed load against a service of its own and
 * prints the results.
 *
 * Open loop: requests begin when they are due, however slow the answers are, and a latency counts from the
 * instant when its request was due. Ends with 1 if any answer was a fault of the service (5xx) or did not
 * come.
 */
import { spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { newPatients } from '../patients/fixtures.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    tenants: { type: 'string', default: '20' },
  },
});
const [rate, seconds, tenants] = [values.rate, values.seconds, values.tenants].map(Number) as [
  number,
  number,
  number,
];

const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-steady-'));
// In a process of its own, so that the load and the service do not wait for each other's event loop.
const service = spawn(
  process.execPath,
  ['--single-threaded-gc', join(import.meta.dirname, 'victim.ts'), dataDir],
  {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const [line] = (await once(createInterface({ input: service.stdout }), 'line')) as [string];
const [url] = line.split(' ');

async function tokenOf(claims: Record<string, string>): Promise<string> {
  const response = await fetch(`${url}/_local/token`, { method: 'POST', body: JSON.stringify(claims) });
  return ((await response.json()) as { token: string }).token;
}

interface User {
  token: string;
  /** Patients that this user created; no other user deletes them. */
  ids: string[];
}

const users: User[] = await Promise.all(
  Array.from({ length: tenants }, async () => ({
    token: await tokenOf({ sub: randomUUID(), tenant_id: randomUUID(), role: 'admin' }),
    ids: [],
  })),
);

const BATCH = '/api/v1/batch/patients';
const size = () => 1 + randomInt(20);

/**
 * The calls of a user, each with its share of the load: three in ten write a batch of up to 20, the others
 * read.
 */
const actions: [
  share: number,
  name: string,
  call: (user: User) => [method: string, path: string, body?: unknown],
][] = [
  [12, 'create', () => ['POST', BATCH, newPatients(size())]],
  [
    14,
    'update',
    ({ ids }) => ['PUT', BATCH, ids.slice(-size()).map((id) => ({ id, phone: `+${randomInt(1e9)}` }))],
  ],
  [4, 'delete', ({ ids }) => ['DELETE', BATCH, ids.splice(randomInt(ids.length), size())]],
  [25, 'list', () => ['GET', `/api/v1/patients?limit=${1 + randomInt(50)}`]],
  [25, 'get', ({ ids }) => ['GET', `/api/v1/patients/${ids.at(-1)}`]],
  [12, 'dashboard', () => ['GET', '/api/v1/dashboard']],
  [8, 'audit log', () => ['GET', '/api/v1/audit-logs']],
];

function chosen(user: User): (typeof actions)[number] {
  const [create] = actions;
  let dice = randomInt(100);
  const action = actions.find(([share]) => {
    dice -= share;
    return dice < 0;
  });
  const needsSomebody = ['update', 'delete', 'get'].includes(action?.[1] ?? '');
  return (needsSomebody && user.ids.length < 40 ? create : action) ?? (create as (typeof actions)[number]);
}

const latencies = new Map<string, number[]>();
const statuses = new Map<string, number>();
/** The texts of faults, and the number of each. */
const faults = new Map<string, number>();
const count = (key: string) => statuses.set(key, (statuses.get(key) ?? 0) + 1);

const agent = new Agent({ keepAlive: true });

/** One call. The load shares its cores with the service, and `fetch` would take twice as much of them. */
async function answerTo(
  method: string,
  path: string,
  { token }: User,
  body: unknown,
): Promise<{ status: number; text: string }> {
  const json = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
    // Node sends the body of a DELETE without a word about its length.
    'Content-Length': Buffer.byteLength(json),
  };
  const sent = request(url + path, { method, headers, agent });
  sent.end(json);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}

async function act(due: number): Promise<void> {
  const user = users[randomInt(users.length)] as User;
  const [, name, call] = chosen(user);
  const [method, path, body] = call(user);
  try {
    const { status, text: answer } = await answerTo(method, path, user, body);
    if (name === 'create' && status === 201)
      user.ids.push(...(JSON.parse(answer) as { patients: { id: string }[] }).patients.map(({ id }) => id));
    count(String(status));
    if (status >= 500) faults.set(answer, (faults.get(answer) ?? 0) + 1);
  } catch {
    count('no answer');
  }
  const all = latencies.get(name) ?? [];
  all.push(performance.now() - due);
  latencies.set(name, all);
}

/** Everybody has patients, and every function is warm, before anything is measured. */
async function warmUp(): Promise<void> {
  for (const user of users)
    for (let n = 0; n < 4; n++) {
      const { text: answer } = await answerTo('POST', BATCH, user, newPatients(20));
      const { patients } = JSON.parse(answer) as { patients: { id: string }[] };
      user.ids.push(...patients.map(({ id }) => id));
    }
  // A third of the load for a third of the time: code that runs for the first time costs several times as
  // much.
  for (let n = 0; n < (rate * seconds) / 9; n++) {
    void act(performance.now());
    await sleep(3_000 / rate);
  }
  latencies.clear();
  statuses.clear();
  faults.clear();
}

const percentile = (sorted: number[], part: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);

await warmUp();
const begin = performance.now();
const pending = new Set<Promise<void>>();
for (let n = 0; n < rate * seconds; n++) {
  const due = begin + (n * 1000) / rate;
  const early = due - performance.now();
  if (early > 1) await sleep(early);
  const acting = act(due).finally(() => pending.delete(acting));
  pending.add(acting);
}
await Promise.all(pending);
const took = (performance.now() - begin) / 1000;
const total = [...statuses.values()].reduce((sum, one) => sum + one, 0);

console.log(
  `${total} requests in ${took.toFixed(1)} s: ${(total / took).toFixed(0)} a second, ${rate} asked for`,
);
console.log('status', Object.fromEntries([...statuses].sort()));
for (const [answer, times] of faults) console.log(`${times} times ${answer}`);
for (const [name, all] of [['all', [...latencies.values()].flat()] as const, ...latencies]) {
  const sorted = all.toSorted((one, other) => one - other);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => percentile(sorted, part));
  console.log(
    `${name.padEnd(10)} ${String(all.length).padStart(6)} calls  p50 ${p50} ms  p95 ${p95} ms  p99 ${p99} ms`,
  );
}
const [, pages = 0] = (await readFile(`/proc/${service.pid}/statm`, 'utf8').catch(() => ''))
  .split(' ')
  .map(Number);
console.log(`the service has ${((pages * 4_096) / 1024 / 1024).toFixed(0)} MB`);

process.kill(-Number(service.pid), 'SIGKILL');
await rm(dataDir, { recursive: true, force: true });
process.exitCode = faults.size > 0 || statuses.has('no answer') ? 1 : 0;
