import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clinikoJobs } from '../../functions/cliniko/jobs.ts';
import { projectAssembly } from '../../local/project.ts';
import { type Running, start } from '../../local/start.ts';
import { somebody } from '../people.ts';
import { type Clinic, clinic, ended, latestLog, ok, pause, sync } from './fixtures.ts';

let service: Running;
let dataDir: string;

const run = async () => start({ assembly: await projectAssembly(), port: 0, dataDir });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-'));
  service = await run();
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs the sweep now instead of at the next full minute. */
async function sweep(): Promise<void> {
  const functions = service.stack.resources<{ Description?: string }>('AWS::Lambda::Function');
  const found = functions.find(({ properties }) => properties.Description === clinikoJobs.sweep.summary);
  await service.invoke(found?.logicalId ?? '', {});
}

/** The same organisation after the service came back at another address. */
async function again(place: Clinic): Promise<Clinic> {
  const { tenantId } = place.admin;
  return { ...place, admin: await somebody({ role: 'admin', tenantId, url: service.url }) };
}

/** Everything that executions of workflows were handed and handed on, one text for each state. */
async function statesOfWorkflows(): Promise<string[]> {
  const client = new SFNClient({
    endpoint: service.awsEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'root', secretAccessKey: 'local' },
  });
  const states: string[] = [];
  for (const { name } of service.stack.resources('AWS::StepFunctions::StateMachine')) {
    const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
    const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn } of executions) {
      const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
      for (const { stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of events)
        states.push(entered?.input ?? exited?.output ?? '');
    }
  }
  return states;
}

/** An attempt is left alone for ten seconds, as long as its workflow may need to start. */
const STARTING = 11_000;

test('takes back a sync that died with the machine, goes on where it was, and stores everybody', {
  timeout: 120_000,
}, async () => {
  let place = await clinic({ patients: 1_500, latency_ms: 300 }, { url: service.url });
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  while ((await latestLog(place)).records_processed < 300) await pause(100);
  await service.crash();
  service = await run();
  place = await again(place);
  const left = await latestLog(place);
  expect(left.status).toBe('running');
  await pause(STARTING);
  await sweep();
  const log = await ended(place);
  expect(log).toMatchObject({ id: left.id, status: 'completed', records_success: 1_500, records_failed: 0 });
  const { pagination } = ok(await place.admin.api.cliniko.activePatients({ params: { orgId: place.orgId } }));
  expect(pagination.total).toBe(1_500);
});

test('keeps the API key out of everything that is written down', { timeout: 60_000 }, async () => {
  const place = await clinic({ patients: 150 }, { url: service.url });
  await place.admin.api.cliniko.testConnection({ params: { orgId: place.orgId } });
  await sync(place);
  const broken = await clinic(
    { patients: 150, faults: [{ name: 'key_revoked', page: 2 }] },
    { url: service.url },
  );
  await sync(broken);
  const canaries = [place, broken].flatMap(({ account: { apiKey } }) => [
    apiKey,
    Buffer.from(`${apiKey}:`).toString('base64'),
  ]);
  const written = JSON.stringify([service.logs(), service.outbox()]);
  expect(service.logs().length).toBeGreaterThan(20);
  const states = await statesOfWorkflows();
  expect(states.length).toBeGreaterThan(10);
  expect(Math.max(...states.map(({ length }) => length))).toBeLessThan(1_024);
  for (const canary of canaries) {
    expect(written).not.toContain(canary);
    expect(states.filter((state) => state.includes(canary))).toEqual([]);
  }
  // Neither the people in the lists.
  expect(written).not.toContain('patient.1@example.com');
  expect(states.join()).not.toContain('example.com');
});
