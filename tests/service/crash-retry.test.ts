import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { projectAssembly } from '../../local/project.ts';
import { start } from '../../local/start.ts';
import { newPatients } from '../patients/fixtures.ts';
import { BATCH, everybody, send } from '../patients/helpers.ts';
import { somebody } from '../people.ts';
import { ownService } from './own.ts';
import { tablesOf } from './tables.ts';
import { unlimitedRates } from './unlimited.ts';
import { verified } from './verified.ts';

/** Longer than a request may hold its key after its owner died. */
const longerThanLeaseMs = 100_000;

test(
  'after a crash in the middle of a batch, repeating the call with its key gives one whole batch',
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-crash-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const first = await start({ assembly: await projectAssembly(unlimitedRates), port: 0, dataDir });
    const [tenantId, userId, key] = [randomUUID(), randomUUID(), randomUUID()];
    const traits = { role: 'admin', tenantId, userId } as const;
    const victim = await somebody({ ...traits, url: first.url });
    const call = () =>
      send(victim, 'POST', BATCH, JSON.stringify(newPatients(500)), { 'Idempotency-Key': key });
    let answered = false;
    const lost = call().then(
      () => {
        answered = true;
      },
      () => undefined,
    );
    const tables = tablesOf(first);
    const isAtWork = async () =>
      (await tables.scan('guards')).some(({ pk }) => String(pk).startsWith('ANSWER#'));
    while (!answered && !(await isAtWork()));
    await first.crash();
    await lost;

    const { running, person } = await ownService({ settings: unlimitedRates, dataDir });
    const survivor = await person(traits);
    const retry = () =>
      send(survivor, 'POST', BATCH, JSON.stringify(newPatients(500)), { 'Idempotency-Key': key });
    let answer = await retry();
    for (; answer.status === 409; answer = await retry()) {
      const seconds = Number(answer.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
    expect(answer.status).toBe(201);
    const { patients } = JSON.parse(answer.text) as { patients: unknown[] };
    expect(patients).toHaveLength(500);
    expect(await everybody(survivor)).toEqual(patients);
    expect((await survivor.api.patients.dashboard()).body).toMatchObject({
      total_patients: 500,
      operations: { create: 500 },
    });
    const log = await survivor.api.patients.auditLogs({ query: { limit: 500 } });
    expect((log.body as { logs: unknown[] }).logs).toHaveLength(500);
    expect((await retry()).text).toBe(answer.text);
    expect(running.url).not.toBe(first.url);
    expect(await verified(running)).toEqual([]);
  },
  longerThanLeaseMs,
);
