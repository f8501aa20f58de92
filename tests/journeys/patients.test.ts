import { describe, expect, test } from 'vitest';
import { everybody } from '../patients/helpers.ts';
import { somebody } from '../people.ts';
import { example } from './example.ts';

/** The ids in the examples are nobody's. */
const FIRST = '550e8400-e29b-41d4-a716-446655440000';
const SECOND = '660e8400-e29b-41d4-a716-446655440001';

describe('the cURL examples', () => {
  test('create a patient', async () => {
    const person = await somebody();
    const { stdout } = await example('patients/create.sh', 'sh', person);
    const [patient] = await everybody(person);
    expect(patient).toMatchObject({ first_name: 'John', last_name: 'Doe', phone: '+1234567890' });
    expect(JSON.parse(stdout)).toEqual({ created: 1, total: 1, patients: [patient] });
  });

  test('change a patient, or tell that there is none', async () => {
    const person = await somebody();
    const absent = await example('patients/update.sh', 'sh', person);
    expect(JSON.parse(absent.stdout)).toEqual({ detail: `Patient ${FIRST} not found` });
    await example('patients/create.sh', 'sh', person);
    const [patient] = await everybody(person);
    const { stdout } = await example('patients/update.sh', 'sh', person, { [FIRST]: patient?.id ?? '' });
    expect(JSON.parse(stdout)).toMatchObject({
      updated: 1,
      patients: [
        { id: patient?.id, first_name: 'John', phone: '+9999999999', email: 'john.doe@example.com' },
      ],
    });
  });

  test('delete patients', async () => {
    const person = await somebody();
    const absent = await example('patients/remove.sh', 'sh', person);
    expect(JSON.parse(absent.stdout)).toEqual({ deleted: 0, requested: 2 });
    await example('patients/create.sh', 'sh', person);
    await example('patients/create.sh', 'sh', person);
    const [one, two] = await everybody(person);
    const ids = { [FIRST]: one?.id ?? '', [SECOND]: two?.id ?? '' };
    const { stdout } = await example('patients/remove.sh', 'sh', person, ids);
    expect(JSON.parse(stdout)).toEqual({ deleted: 2, requested: 2 });
    expect(await everybody(person)).toEqual([]);
  });

  test('are refused with a token that is none', async () => {
    const { stdout } = await example('patients/create.sh', 'sh', { token: 'your-jwt-token' });
    expect(JSON.parse(stdout)).toEqual({ detail: 'Not authenticated' });
  });
});

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
    const { stdout } = await example('patients/client.py', 'python3', person, {}, standIn);
    const patients = await everybody(person);
    expect(patients.map(({ first_name }) => first_name)).toEqual(['John', 'Jane']);
    expect(stdout).toBe(announced(patients));
  });

  test('prints the problem if there is one', async () => {
    const { stdout } = await example('patients/client.py', 'python3', await somebody({ role: 'viewer' }));
    expect(stdout).toBe("Error: 403 - {'detail': 'Not enough permissions'}\n");
  });
});

describe('the JavaScript client', () => {
  test('creates two patients', async () => {
    const person = await somebody();
    const { stdout } = await example('patients/client.mjs', process.execPath, person);
    const patients = await everybody(person);
    expect(patients.map(({ first_name }) => first_name)).toEqual(['John', 'Jane']);
    expect(stdout).toBe(announced(patients));
  });

  test('prints the problem if there is one', async () => {
    const { stderr } = await example(
      'patients/client.mjs',
      process.execPath,
      await somebody({ role: 'viewer' }),
    );
    expect(stderr).toBe('Error: 403 - Not enough permissions\n');
  });
});
