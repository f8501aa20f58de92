/** `node tests/cliniko/bench.ts`: how long syncs take, of 648 and of 20,000 patients, against an upstream of 300 ms a page. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectAssembly } from '../../local/project.ts';
import { start } from '../../local/start.ts';

const LATENCY = 300;

const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-'));
// The limit of Cliniko would hide what is measured: 200 pages take a minute at least.
const environment = { CLINIKO_CALLS_PER_MINUTE: '5000' };
const service = await start({ assembly: await projectAssembly(), port: 0, dataDir, environment });

async function call(method: string, path: string, token: string, body?: object) {
  const response = await fetch(service.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await response.json()) as { logs?: { status: string; started_at: string; completed_at: string }[] };
}

async function measure(patients: number, orgId: string) {
  const api_key = `bench-${orgId}-au1`;
  const account = { api_key, patients, latency_ms: LATENCY, calls_per_minute: 5_000 };
  await fetch(`${service.url}/_local/cliniko/accounts`, { method: 'POST', body: JSON.stringify(account) });
  const token = await service.token({ sub: orgId, tenant_id: 'bench', role: 'admin' });
  const settings = { name: 'Bench', api_key, contact_email: 'it@example.com' };
  await call('PUT', `/api/v1/cliniko/settings/${orgId}`, token, settings);
  await call('POST', `/api/v1/cliniko/sync-all/${orgId}`, token);
  let [asked, slowest] = [0, 0];
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const began = performance.now();
    const [log] = (await call('GET', `/api/v1/cliniko/sync-logs/${orgId}?limit=1`, token)).logs ?? [];
    slowest = Math.max(slowest, ++asked > 1 ? performance.now() - began : 0);
    if (log && log.status !== 'running') {
      const wall = Date.parse(log.completed_at) - Date.parse(log.started_at);
      const { calls } = (await (await fetch(`${service.url}/_local/cliniko/accounts/${api_key}`)).json()) as {
        calls: number;
      };
      return {
        patients,
        status: log.status,
        seconds: wall / 1000,
        calls,
        'wall per call ÷ latency': Math.round((wall / calls / LATENCY) * 100) / 100,
        'ms per patient': Math.round((wall / patients) * 100) / 100,
        'slowest poll, ms': Math.round(slowest),
        'MB of the whole run': Math.round(process.memoryUsage().rss / 1_048_576),
      };
    }
  }
}

const results = [await measure(100, 'warm'), await measure(648, 'small'), await measure(20_000, 'large')];
console.table(results);
await service.stop();
await rm(dataDir, { recursive: true, force: true });
