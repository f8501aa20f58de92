import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { pastExecutions } from '../../cliniko/executions.ts';
import type { Bench, Figure } from '../figure.ts';
import { median } from '../rounds.ts';
import { type Person, type Service, somebody, startService } from '../service.ts';

export const title = 'Syncs with Cliniko';
export const about =
  'Whole syncs through the workflow against a stand-in that takes 300 ms for each answer (quick: 100 ms); 648 patients and 20,000 (quick: 2,000). Walls are those of the log, from the start to the last count. With others: ten syncs at once, without and with 50 starts of an eleventh organisation in between.';

/** What a sync may take of what Cliniko alone takes, one patient of many of one of few, and memory likewise; kilobytes of a state. */
const aims = { wall: 1.3, perRecord: 1.1, memory: 1.1, stateKilobytes: 1, others: 1.3 };

const FEW = 648;
const OTHERS = 10;
const STARTS = 50;

/** More than the limit of Cliniko, which would hide what is measured: 200 pages take a minute there. */
const CALLS_PER_MINUTE = 1_000;

/** Looks at the log for each look at the memory, which takes a moment of the service's time. */
const LOOKS_PER_SAMPLE = 4;

interface Ended {
  /** Milliseconds from its start to its end, and those that Cliniko took of them. */
  wall: number;
  upstream: number;
  /** Megabytes of the whole service, every few seconds while it ran. */
  memory: number[];
}

/** Registers an organisation with an account of its own. */
async function register({ url }: Service, { api }: Person, orgId: string, patients: number, latency: number) {
  const api_key = `bench-${orgId}-${Math.random().toString(36).slice(2)}-au1`;
  const account = { api_key, patients, latency_ms: latency, calls_per_minute: CALLS_PER_MINUTE };
  await fetch(`${url}/_local/cliniko/accounts`, { method: 'POST', body: JSON.stringify(account) });
  const settings = { name: 'Bench', api_key, contact_email: 'it@example.com' };
  await api.call('PUT', `/api/v1/cliniko/settings/${orgId}`, settings);
  const calls = async (): Promise<number> => {
    const inside = await fetch(`${url}/_local/cliniko/accounts/${api_key}`);
    return ((await inside.json()) as { calls: number }).calls;
  };
  return { orgId, latency, calls };
}

async function sync(
  service: Service,
  { api }: Person,
  { orgId, latency, calls }: Awaited<ReturnType<typeof register>>,
): Promise<Ended> {
  await api.call('POST', `/api/v1/cliniko/sync-all/${orgId}`);
  const memory: number[] = [];
  let looks = 0;
  for (;;) {
    if (looks++ % LOOKS_PER_SAMPLE === 0) memory.push(await memoryOf(service));
    // One user may ask once a second.
    await pause(1_100);
    const { text } = await api.call('GET', `/api/v1/cliniko/sync-logs/${orgId}?limit=1`);
    const [log] = (JSON.parse(text) as { logs: Record<'status' | 'started_at' | 'completed_at', string>[] })
      .logs;
    if (!log || log.status === 'running') continue;
    if (log.status !== 'completed') throw new Error(`A sync ${log.status}: ${text}`);
    const wall = Date.parse(log.completed_at) - Date.parse(log.started_at);
    return { wall, upstream: (await calls()) * latency, memory };
  }
}

/** The memory that the service uses, in megabytes (Linux). */
async function memoryOf({ pid }: Service): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  await pause(200);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

/** The median of one quarter of some figures, the first being 1. */
const quarterOf = (figures: number[], quarter: number): number =>
  median(figures.slice(((quarter - 1) * figures.length) / 4, (quarter * figures.length) / 4 + 1));

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const [latency, many] = effort.quick ? [100, 2_000] : [300, 20_000];
  const service = await startService(cleanup);
  const admin = () => somebody(cleanup, service, { role: 'admin' });

  const measure = async (name: string, patients: number) => {
    const person = await admin();
    return await sync(service, person, await register(service, person, name, patients, latency));
  };
  await measure('warm', FEW);
  const few = await measure('few', FEW);
  // The jobs of each minute start environments that stay; they would look like memory of the sync.
  await pause(65_000 - (Date.now() % 60_000));
  const large = await measure('many', many);
  const executions = await pastExecutions(service.awsEndpoint, ['bulkhead-local-clinikoSync']);
  const longest = Math.max(...executions.flatMap(({ data }) => data.map((text) => Buffer.byteLength(text))));

  const ten = async (storm: boolean) => {
    const people = await Promise.all(Array.from({ length: OTHERS }, admin));
    const places = await Promise.all(
      people.map((person) => register(service, person, 'other', 150, latency)),
    );
    const starter = await admin();
    await register(service, starter, 'storm', 150, latency);
    // Refusals are what it is about, so no caller that throws at them.
    const start = () =>
      fetch(`${service.url}/api/v1/cliniko/sync-all/storm`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${starter.token}` },
      });
    const starts = storm ? Array.from({ length: STARTS }, start) : [];
    const ended = await Promise.all(
      people.map((person, n) => sync(service, person, places[n] as (typeof places)[number])),
    );
    await Promise.all(starts);
    return median(ended.map(({ wall }) => wall));
  };
  await ten(false);
  const [undisturbed, disturbed] = [await ten(false), await ten(true)];

  const wall = (name: string, { wall: ours, upstream }: Ended): Figure => ({
    name,
    unit: 'ms',
    ours,
    baseline: { name: 'the answers of Cliniko alone', value: upstream },
    ratio: ours / upstream,
    aim: aims.wall,
    rounds: 1,
  });
  const memory = { second: quarterOf(large.memory, 2), last: quarterOf(large.memory, 4) };
  const perRecord = { few: few.wall / FEW, many: large.wall / many };
  return [
    wall(`sync of ${FEW}`, few),
    wall(`sync of ${many}`, large),
    {
      name: `one patient of ${many}`,
      unit: 'ms',
      ours: perRecord.many,
      baseline: { name: `one of ${FEW}`, value: perRecord.few },
      ratio: perRecord.many / perRecord.few,
      aim: aims.perRecord,
      rounds: 1,
    },
    {
      name: `memory of the whole service in the last quarter of ${many}`,
      unit: 'MB',
      ours: memory.last,
      baseline: { name: 'in the second quarter', value: memory.second },
      ratio: memory.last / memory.second,
      aim: aims.memory,
      rounds: 1,
    },
    {
      name: 'largest state of a workflow',
      unit: 'KB',
      ours: longest / 1_000,
      aim: aims.stateKilobytes,
      rounds: 1,
    },
    {
      name: `sync of ${OTHERS} organisations, with ${STARTS} starts of another`,
      unit: 'ms',
      ours: disturbed,
      baseline: { name: 'without', value: undisturbed },
      ratio: disturbed / undisturbed,
      aim: aims.others,
      rounds: OTHERS,
    },
  ];
}
