import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { dynamodbLocal } from '../../../local/dynamodb/dynamodb-local.ts';
import { createTables, startEngine } from './engine.ts';
import { race } from './race.ts';

/** Waits until a count passes a number, for a minute at most: an engine that has just started may be slow. */
const moreThan = (number: number, count: () => number) =>
  vi.waitUntil(() => count() > number, { timeout: 60_000, interval: 20 });

test('on a real engine, every reader sees every transaction completely or not at all while owners die, freeze and race', {
  timeout: 120_000,
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
      meanwhile: (commits) => moreThan(5, commits),
    });
    expect(report.violations).toEqual([]);
    expect(report.commits).toBeGreaterThan(5);
    expect(report.reads).toBeGreaterThan(5);
  } finally {
    await engine.kill();
  }
});

/** Ended by `kill -9`, DynamoDB Local may lose what it acknowledged last, so it can show nothing about the ledger. */
const keepsWhatItAcknowledged = process.env.DYNAMODB_ENGINE !== dynamodbLocal.name;

test.runIf(keepsWhatItAcknowledged)(
  'when the engine is killed amid transactions, every acknowledged one is there, and no other is there in part',
  {
    // Six starts of an engine, each of which a busy machine may need a minute for.
    timeout: 400_000,
  },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
    let engine = await startEngine({ folder });
    try {
      await createTables(engine.documents());
      const report = await race({
        engine,
        tenants: ['a'],
        clients: 6,
        readers: 1,
        records: 150,
        duration: 5_000,
        meanwhile: async (commits) => {
          for (let count = 0; count < 5; count++) {
            await moreThan(commits(), commits);
            await sleep(900 * Math.random());
            await engine.kill();
            engine = await startEngine({ folder, port: engine.port });
          }
          await moreThan(commits(), commits);
        },
      });
      expect(report.violations).toEqual([]);
      expect(report.commits).toBeGreaterThan(5);
    } finally {
      await engine.kill();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
