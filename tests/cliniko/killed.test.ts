import { beforeAll, expect, test } from 'vitest';
import { clinikoWorkers } from '../../functions/cliniko/workers.ts';
import { somebody } from '../people.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { verified } from '../service/verified.ts';
import { type Clinic, clinic, ended, latestLog, ok, pause } from './fixtures.ts';

let service: Own;
beforeAll(async () => {
  service = await ownServiceOfFile();
});

/** Runs the sweep now instead of at the next full minute. */
const sweep = () => runWorker(service.running, clinikoWorkers.sweep);

/** The same organisation after the service came back at another address. */
async function again(place: Clinic): Promise<Clinic> {
  const { tenantId } = place.admin;
  return { ...place, admin: await somebody({ role: 'admin', tenantId, url: service.running.url }) };
}

/** An attempt is left alone for ten seconds, as long as its workflow may need to start. */
const attemptStartMs = 11_000;

test('takes back a sync that died with the machine, goes on where it was, and stores everybody', {
  timeout: 120_000,
}, async () => {
  let place = await clinic({ patients: 1_500, latency_ms: 300 }, { url: service.running.url });
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  while ((await latestLog(place)).records_processed < 300) await pause(100);
  await service.crashAndRestart();
  place = await again(place);
  const left = await latestLog(place);
  expect(left.status).toBe('running');
  await pause(attemptStartMs);
  await sweep();
  const log = await ended(place);
  expect(log).toMatchObject({ id: left.id, status: 'completed', records_success: 1_500, records_failed: 0 });
  const { pagination } = ok(await place.admin.api.cliniko.activePatients({ params: { orgId: place.orgId } }));
  expect(pagination.total).toBe(1_500);
  expect(await verified(service.running)).toEqual([]);
});
