import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { newPatients } from '../patients/fixtures.ts';
import { everybody } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { verified } from './verified.ts';

/** The number of kills; `CYCLES=10 npx vitest run tests/service/crash.test.ts` makes more. */
const cycles = Number(process.env.CYCLES ?? 3);
const writers = 4;
/** Sizes of both kinds: those that one transaction can hold, and longer ones. */
const batchSizes = [1, 3, 20, 97, 150];

interface Victim {
  url: string;
  awsEndpoint: string;
  child: ChildProcess;
}

/** A whole local run in a process group of its own. */
async function victim(dataDir: string): Promise<Victim> {
  const script = join(import.meta.dirname, 'victim.ts');
  const child = spawn(process.execPath, [script, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [
    string,
  ];
  const [url = '', awsEndpoint = ''] = line.split(' ');
  return { url, awsEndpoint, child };
}

async function killAtOnce({ child }: Victim): Promise<void> {
  const ended = once(child, 'exit');
  process.kill(-Number(child.pid), 'SIGKILL');
  await ended;
}

interface Batch {
  mark: string;
  size: number;
  acknowledged: boolean;
}

/**
 * Creates batches until the service dies; each batch has a name of its own, and so has every patient in it.
 */
async function write(person: Person, batches: Batch[], onAcknowledged: () => void): Promise<void> {
  for (;;) {
    const batch = {
      mark: randomUUID(),
      size: batchSizes[randomInt(batchSizes.length)] ?? 1,
      acknowledged: false,
    };
    batches.push(batch);
    try {
      const body = newPatients(batch.size, { address: batch.mark });
      const { status } = await person.api.patients.create({ body });
      if (status !== 201) return;
      batch.acknowledged = true;
      onAcknowledged();
    } catch {
      return;
    }
  }
}

test(
  'what was acknowledged survives kill -9 of everything, and nothing is ever there in part',
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-kill-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const tenantId = randomUUID();
    const userIds = Array.from({ length: writers }, () => randomUUID());
    const batches: Batch[] = [];
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const running = await victim(dataDir);
      let acknowledged = 0;
      // Killed after some batches of this cycle were acknowledged, while others are under way.
      const enough = 6 + randomInt(10);
      let killed: Promise<void> | undefined;
      const count = () => {
        acknowledged += 1;
        if (acknowledged >= enough) killed ??= killAtOnce(running);
      };
      const writers = userIds.map(async (userId) =>
        write(await somebody({ url: running.url, tenantId, userId }), batches, count),
      );
      await Promise.all(writers);
      await killed;
      expect(acknowledged).toBeGreaterThanOrEqual(enough);

      const again = await victim(dataDir);
      try {
        const reader = await somebody({ url: again.url, tenantId, role: 'admin' });
        const patients = await everybody(reader);
        const found = Map.groupBy(patients, ({ address }) => address ?? '');
        for (const { mark, size, acknowledged: certain } of batches) {
          const there = found.get(mark)?.length ?? 0;
          expect({ size, certain, whole: there === size, absent: there === 0 }).toEqual({
            size,
            certain,
            whole: certain || there > 0,
            absent: !certain && there === 0,
          });
        }
        expect(new Set(patients.map(({ id }) => id)).size).toBe(patients.length);
        expect((await reader.api.patients.dashboard()).body).toMatchObject({
          total_patients: patients.length,
          by_gender: { female: patients.length },
          operations: { create: patients.length },
        });
        expect((await reader.api.patients.list({ query: { limit: 1 } })).body).toMatchObject({
          total: patients.length,
        });
        expect(await verified(again)).toEqual([]);
      } finally {
        await killAtOnce(again);
      }
    }
  },
  20_000 + cycles * 20_000,
);
