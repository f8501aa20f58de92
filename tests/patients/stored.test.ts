import { expect, test } from 'vitest';
import { BrokenInvariant } from '../../core/invariant.ts';
import { admitted, asPatient, NewPatient, type Patient } from '../../functions/patients/patient.ts';
import { newPatient } from './fixtures.ts';

const patient = admitted(NewPatient.parse(newPatient()), 'clinic', 'id', '2026-01-01T00:00:00Z');
const stored = (fields: object): Patient => ({ ...patient, ...fields });

test.each([{}, { v: 1 }])('reads a stored patient with %j', (fields) => {
  expect(asPatient(stored(fields))).toEqual(stored(fields));
});

test.each([{ v: '1' }, { tenant_id: undefined }, { gender: undefined }, { gender: 'unknown' }])(
  'refuses a stored document with %j, which this code cannot know',
  (fields) => {
    expect(() => asPatient(stored(fields))).toThrow(BrokenInvariant);
  },
);

test('refuses a patient that newer code stored', () => {
  expect(() => asPatient(stored({ v: 2 }))).toThrow('a patient has version 2');
});
