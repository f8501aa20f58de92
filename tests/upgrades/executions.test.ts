import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { present } from '../../core/invariant.ts';
import { clinikoWorkers } from '../../functions/cliniko/workers.ts';
import { type Clinic, clinic, ended, latestLog, ok } from '../cliniko/fixtures.ts';
import { somebody } from '../people.ts';
import { alteredAssembly } from '../service/altered-assembly.ts';
import { ownService } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { tablesOf } from '../service/tables.ts';
import { verified } from '../service/verified.ts';

/** In the text of a template: the constant in the parameters of a step. */
const stepVersion = /(\\"Parameters\\":\{\\"version\\":)1\b/g;

/** The app with another version in the inputs of its steps, or with none; functions stay as they are. */
const assemblyWith = (version: number | undefined): Promise<string> =>
  alteredAssembly((template) => {
    expect(template.match(stepVersion)?.length).toBeGreaterThan(4);
    const start = version === undefined ? '\\"Parameters\\":{\\"v\\":' : '$1';
    return template.replace(stepVersion, `${start}${version ?? 1}`);
  });

/** An attempt is left alone for ten seconds, as long as its workflow may need to start. */
const attemptStartMs = 11_000;

const inputs = { patients: 120 };

test('a sync goes on with steps whose inputs have no version, as those of 0.1.0', {
  timeout: 120_000,
}, async () => {
  const { running } = await ownService({ assembly: await assemblyWith(undefined) });
  const place = await clinic(inputs, { url: running.url });
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  expect(await ended(place)).toMatchObject({ status: 'completed', records_success: 120 });
});

/** A sync that waits for newer code, since its steps are of that. */
async function waitingSync() {
  const newer = await ownService({ assembly: await assemblyWith(2) });
  const place = await clinic(inputs, { url: newer.running.url });
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  const refused = () => newer.running.logs().some((line) => JSON.stringify(line).includes('NewerVersion'));
  while (!refused()) await pause(100);
  await pause(attemptStartMs);
  const left = await latestLog(place);
  expect(left).toMatchObject({ status: 'running', records_processed: 0 });
  return { newer, place, left };
}

/** Starts the code of now on the data, lets its sweep take back what was left, and waits for the end. */
async function takenBack({ newer, place, left }: Awaited<ReturnType<typeof waitingSync>>) {
  await newer.running.crash();
  const now = await ownService({ dataDir: newer.dataDir });
  const { tenantId } = place.admin;
  const admin = await somebody({ role: 'admin', tenantId, url: now.running.url });
  const again: Clinic = { ...place, admin };
  await runWorker(now.running, clinikoWorkers.sweep);
  expect(await ended(again)).toMatchObject({ id: left.id, status: 'completed', records_success: 120 });
  expect(await verified(now.running)).toEqual([]);
}

test('a sync whose steps are of newer code is refused, not failed, and taken back by the sweep later', {
  timeout: 180_000,
}, async () => {
  await takenBack(await waitingSync());
});

test('a sync that 0.1.0 began goes on, although its counts are in its log alone', {
  timeout: 180_000,
}, async () => {
  const waiting = await waitingSync();
  const tables = tablesOf(waiting.newer.running);
  const state = present(
    (await tables.scan('cliniko')).find(({ sk }) => sk === 'STATE'),
    'the organisation has a state',
  );
  const { progress, ...run } = state.run as Record<string, unknown>;
  expect(progress).toBeDefined();
  await tables.set('cliniko', { pk: String(state.pk), sk: 'STATE' }, 'run', run);
  expect(await latestLog(waiting.place)).toEqual(waiting.left);
  await takenBack(waiting);
});
