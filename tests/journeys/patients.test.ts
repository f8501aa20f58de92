import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { everybody } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';

const run = promisify(execFile);
const here = join(import.meta.dirname, 'patients');

interface Said {
  stdout: string;
  stderr: string;
}

/** Runs an example as its API description has it; only the token and, since 8000 may be taken here, the port are filled in. */
async function example(
  file: string,
  command: string,
  person: Pick<Person, 'token'>,
  ids: Record<string, string> = {},
  environment: Record<string, string> = {},
): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-journey-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let text = await readFile(join(here, file), 'utf8');
  text = text.replaceAll('http://localhost:8000', inject('url'));
  text = text.replaceAll('YOUR_TOKEN', person.token).replaceAll('your-jwt-token', person.token);
  for (const [written, id] of Object.entries(ids)) text = text.replaceAll(written, id);
  const copy = join(folder, file);
  await writeFile(copy, text);
  return await run(command, [copy], { env: { ...process.env, ...environment } });
}

/** The ids in the examples are nobody's. */
const FIRST = '550e8400-e29b-41d4-a716-446655440000';
const SECOND = '660e8400-e29b-41d4-a716-446655440001';

describe('the cURL examples', () => {
  test('create a patient', async () => {
    const person = await somebody();
    const { stdout } = await example('create.sh', 'sh', person);
    const [patient] = await everybody(person);
    expect(patient).toMatchObject({ first_name: 'John', last_name: 'Doe', phone: '+1234567890' });
    expect(JSON.parse(stdout)).toEqual({ created: 1, total: 1, patients: [patient] });
  });

  test('change a patient, or tell that there is none', async () => {
    const person = await somebody();
    const absent = await example('update.sh', 'sh', person);
    expect(JSON.parse(absent.stdout)).toEqual({ detail: `Patient ${FIRST} not found` });
    await example('create.sh', 'sh', person);
    const [patient] = await everybody(person);
    const { stdout } = await example('update.sh', 'sh', person, { [FIRST]: patient?.id ?? '' });
    expect(JSON.parse(stdout)).toMatchObject({
      updated: 1,
      patients: [
        { id: patient?.id, first_name: 'John', phone: '+9999999999', email: 'john.doe@example.com' },
      ],
    });
  });

  test('delete patients', async () => {
    const person = await somebody();
    const absent = await example('remove.sh', 'sh', person);
    expect(JSON.parse(absent.stdout)).toEqual({ deleted: 0, requested: 2 });
    await example('create.sh', 'sh', person);
    await example('create.sh', 'sh', person);
    const [one, two] = await everybody(person);
    const ids = { [FIRST]: one?.id ?? '', [SECOND]: two?.id ?? '' };
    const { stdout } = await example('remove.sh', 'sh', person, ids);
    expect(JSON.parse(stdout)).toEqual({ deleted: 2, requested: 2 });
    expect(await everybody(person)).toEqual([]);
  });

  test('are refused with a token that is none', async () => {
    const { stdout } = await example('create.sh', 'sh', { token: 'your-jwt-token' });
    expect(JSON.parse(stdout)).toEqual({ detail: 'Not authenticated' });
  });
});

const hasRequests = () =>
  run('python3', ['-c', 'import requests']).then(
    () => true,
    () => false,
  );

const announced = (patients: { first_name: string; last_name: string; id: string }[]) =>
  [
    `Created ${patients.length} patients`,
    ...patients.map(({ first_name, last_name, id }) => `  - ${first_name} ${last_name} (ID: ${id})`),
    '',
  ].join('\n');

describe('the Python client', () => {
  test.each([
    ['with the package requests, where there is one', false],
    ['with its stand-in', true],
  ])('%s', async (_, standIn) => {
    const person = await somebody();
    const path: Record<string, string> =
      standIn || !(await hasRequests()) ? { PYTHONPATH: import.meta.dirname } : {};
    const { stdout } = await example('client.py', 'python3', person, {}, path);
    const patients = await everybody(person);
    expect(patients.map(({ first_name }) => first_name)).toEqual(['John', 'Jane']);
    expect(stdout).toBe(announced(patients));
  });

  test('prints the problem if there is one', async () => {
    const { stdout } = await example('client.py', 'python3', await somebody({ role: 'viewer' }));
    expect(stdout).toBe("Error: 403 - {'detail': 'Not enough permissions'}\n");
  });
});

describe('the JavaScript client', () => {
  test('creates two patients', async () => {
    const person = await somebody();
    const { stdout } = await example('client.mjs', process.execPath, person);
    const patients = await everybody(person);
    expect(patients.map(({ first_name }) => first_name)).toEqual(['John', 'Jane']);
    expect(stdout).toBe(announced(patients));
  });

  test('prints the problem if there is one', async () => {
    const { stderr } = await example('client.mjs', process.execPath, await somebody({ role: 'viewer' }));
    expect(stderr).toBe('Error: 403 - Not enough permissions\n');
  });
});
