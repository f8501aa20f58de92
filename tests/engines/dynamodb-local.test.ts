import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { WorkflowName } from '../../core/contract/resources.ts';
import { present } from '../../core/invariant.ts';
import { clinikoWorkers } from '../../functions/cliniko/workers.ts';
import { webhookWorkers } from '../../functions/webhooks/workers.ts';
import { dynamodbLocal, installation } from '../../local/dynamodb/dynamodb-local.ts';
import { clinic, ended, latestLog, ok, pause, sync } from '../cliniko/fixtures.ts';
import { newPatients } from '../patients/fixtures.ts';
import { rootClient } from '../root-client.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { receiver } from '../webhooks/receiver.ts';

const { missing } = installation();

/** Stops the executions of a workflow, as a death of them all would. @returns their number. */
async function stopExecutions({ running }: Own, workflow: WorkflowName): Promise<number> {
  const client = new SFNClient(rootClient(running.awsEndpoint));
  const machine = present(
    running.stack.resources('AWS::StepFunctions::StateMachine').find(({ name }) => name.endsWith(workflow)),
    'each workflow has a state machine',
  );
  const stateMachineArn = String(running.stack.valueOf(machine.logicalId));
  const { executions = [] } = await client.send(
    new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
  );
  for (const { executionArn } of executions) await client.send(new StopExecutionCommand({ executionArn }));
  return executions.length;
}

describe.skipIf(missing)('on DynamoDB Local', () => {
  let service: Own;
  beforeAll(async () => {
    // As on a machine for which dynoxide has no package.
    vi.stubEnv('DYNOXIDE_PATH', '/nowhere/dynoxide');
    service = await ownServiceOfFile({ engine: dynamodbLocal, environment: { WEBHOOK_LOOPBACK: 'true' } });
  });

  test('the service is ready where there is no dynoxide', async () => {
    const ready = await fetch(`${service.running.url}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }]);
  });

  test('a delivery whose workflow was lost is sent again by the sweep', { timeout: 90_000 }, async () => {
    const place = await clinic({ patients: 30 }, { url: service.running.url });
    const target = await receiver(500, 200);
    ok(await place.admin.api.webhooks.create({ body: { url: target.url, events: ['sync.completed'] } }));
    await sync(place);
    await target.until(1);
    expect(await stopExecutions(service, 'webhookDelivery')).toBe(1);
    // A message that was due counts as forgotten half a minute later.
    await pause(40_000);
    await runWorker(service.running, webhookWorkers.sweep);
    const [first, second] = await target.until(2);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    target.close();
  });

  test('a sync whose workflow was lost is resumed by the sweep', { timeout: 90_000 }, async () => {
    const place = await clinic({ patients: 1_000, latency_ms: 300 }, { url: service.running.url });
    ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
    while ((await latestLog(place)).records_processed < 100) await pause(100);
    expect(await stopExecutions(service, 'clinikoSync')).toBe(1);
    // An attempt is left alone for ten seconds, as long as its workflow may need to start.
    await pause(11_000);
    await runWorker(service.running, clinikoWorkers.sweep);
    expect(await ended(place)).toMatchObject({ status: 'completed', records_success: 1_000 });
  });

  test('what was acknowledged a second before survives a crash, and nothing is left running', {
    timeout: 120_000,
  }, async () => {
    const { api, tenantId } = await service.person({ role: 'admin' });
    ok(await api.patients.create({ body: newPatients(150) }));
    // Killed at once, DynamoDB Local may lose what it acknowledged last.
    await pause(1_000);
    const { enginePid } = service.running;
    await service.crashAndRestart();
    expect(() => process.kill(Number(enginePid), 0)).toThrow('ESRCH');
    const again = await service.person({ role: 'admin', tenantId });
    expect(ok(await again.api.patients.list({ query: { limit: 1 } })).total).toBe(150);
  });
});
