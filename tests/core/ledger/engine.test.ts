import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTables, startEngine } from './engine.ts';
import { race } from './race.ts';

test('on a real engine, every reader sees every transaction completely or not at all while owners die, freeze and race', {
  timeout: 60_000,
}, async () => {
  const engine = await startEngine();
  try {
    await createTables(engine.documents());
    const report = await race({
      engine,
      tenants: ['a', 'b'],
      clients: 8,
      readers: 2,
      records: 150,
      duration: 5_000,
    });
    expect(report.violations).toEqual([]);
    expect(report.commits).toBeGreaterThan(5);
    expect(report.reads).toBeGreaterThan(5);
  } finally {
    await engine.kill();
  }
});

test('when the engine is killed amid transactions, every acknowledged one is there, and no other is there in part', {
  // Six starts of an engine, each of which a busy machine may need a minute for.
  timeout: 400_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  const first = await startEngine({ folder });
  let engine = first;
  let kills = Promise.resolve();
  try {
    await createTables(engine.documents());
    kills = (async () => {
      for (let count = 0; count < 5; count++) {
        await sleep(500 + 400 * Math.random());
        await engine.kill();
        engine = await startEngine({ folder, port: engine.port });
      }
    })();
    const report = await race({
      engine,
      tenants: ['a'],
      clients: 6,
      readers: 1,
      records: 150,
      duration: 5_000,
      until: kills,
    });
    await kills;
    expect(report.violations).toEqual([]);
    expect(report.commits).toBeGreaterThan(5);
  } finally {
    // The last kill starts an engine again, which must not outlive the test.
    await kills.catch(() => undefined);
    await engine.kill();
    // All clients are the first engine's, so it has the requests that AWS would have refused, to the end.
    await first.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
