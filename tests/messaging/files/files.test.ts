import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Problem } from '../../../core/http/problem.ts';
import { somebody } from '../../people.ts';
import { everybody, phone, postForm } from '../contact-helpers.ts';
import { corpus } from './corpus.ts';
import { readFileOf } from './read.ts';

const files = corpus();

function outcomeOf(bytes: Buffer) {
  try {
    const { rows } = readFileOf(bytes);
    return { rows: rows.map((row) => ('error' in row ? { error: row.error } : row.cells)) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { refused: error.message };
  }
}

test('there are at least sixty of them', () => {
  expect(files.length).toBeGreaterThanOrEqual(60);
  expect(new Set(files.map(({ name, type }) => `${type} ${name}`)).size).toBe(files.length);
});

describe('a file is read as its author sees it, or refused with the reason', () => {
  test.each(files)('$type: $name', ({ bytes, rows, refused }) => {
    const expected = rows
      ? { rows: rows.map((row) => ('error' in row ? { error: expect.stringMatching(row.error) } : row)) }
      : { refused: expect.stringMatching(refused ?? /./) };
    expect(outcomeOf(bytes)).toEqual(expected);
  });
});

test.each(files.filter(({ bomb }) => bomb))('$name: refused before it costs 50 ms of work', ({ bytes }) => {
  outcomeOf(bytes);
  const before = process.cpuUsage();
  outcomeOf(bytes);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(50);
});

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a process that reads all of them one after another stays below 450 MB', { timeout: 120_000 }, () => {
  for (const [index, { bytes }] of files.entries()) writeFileSync(join(folder, String(index)), bytes);
  const reader = join(import.meta.dirname, 'read-all.ts');
  const { stdout, stderr } = spawnSync(process.execPath, [reader, folder], { encoding: 'utf8' });
  const { read, megabytes } = JSON.parse(stdout || `{"failed":${JSON.stringify(stderr)}}`) as Record<
    string,
    number
  >;
  expect(read).toBe(files.length);
  expect(megabytes).toBeLessThan(450);
});

test('over HTTP none is a fault of ours, and the function goes on', { timeout: 120_000 }, async () => {
  const { tenantId } = await somebody();
  const statuses: Record<number, number> = {};
  for (let at = 0; at < files.length; at += 9) {
    // Ten imports a minute are allowed to each user.
    const person = await somebody({ tenantId });
    for (const { name, type, bytes, rows } of files.slice(at, at + 9)) {
      const file = { bytes, name: `a.${type === 'csv' ? 'csv' : 'xlsx'}` };
      const { status, body } = await postForm(person, 'bulk-import', { import_type: type }, file);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const expected = rows || bytes.length > 4_000_000 ? expect.any(Number) : 400;
      expect([name, status, body.success]).toEqual([name, expected, expect.any(Boolean)]);
      expect([name, status < 500]).toEqual([name, true]);
    }
  }
  expect(statuses[201]).toBeGreaterThan(20);
  const person = await somebody();
  const file = { bytes: Buffer.from(`phone\n${phone(1)}`), name: 'a.csv' };
  expect((await postForm(person, 'bulk-import', { import_type: 'csv' }, file)).status).toBe(201);
  expect(await everybody(person)).toHaveLength(1);
});
