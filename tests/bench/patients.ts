import { randomBytes } from 'node:crypto';
import { recordIds } from '../../core/record-id.ts';
import { admitted, type NewPatient, type Patient } from '../../functions/patients/patient.ts';

/** Fills a patient up to about 600 bytes of JSON, which is what records of this kind have. */
const HISTORY =
  'Asthma since childhood, well controlled by an inhaler. Appendectomy in 2004 without complications. No known heart disease in the family.';

/** A patient as a caller sends it; `n` tells several apart. */
export const newPatient = (n: number): NewPatient => ({
  first_name: `Ada ${n}`,
  last_name: 'Lovelace-Byron',
  date_of_birth: '1990-12-10',
  gender: n % 2 ? 'female' : 'male',
  phone: `+25571${String(n).padStart(7, '0')}`,
  email: `ada.${n}@clinic.example.com`,
  address: '12 Station Road, Dar es Salaam',
  medical_history: HISTORY,
  allergies: 'Penicillin',
});

export const newPatients = (count: number): NewPatient[] =>
  Array.from({ length: count }, (_, n) => newPatient(n));

/** Patients as they are stored, with ids of their own. */
export function storedPatients(tenant: string, count: number): Patient[] {
  const now = Date.now();
  const at = new Date(now).toISOString();
  const ids = recordIds(new Array<string>(count).fill(tenant), now, randomBytes);
  return newPatients(count).map((fields, n) => admitted(fields, tenant, ids[n] ?? '', at));
}

/** What an update changes: a field of the caller's, and when. A new value for every `round`, so that something always changes. */
export const newPhone = (round: number, n: number): string =>
  `+25572${String((round * 10_000 + n) % 10_000_000).padStart(7, '0')}`;
