import { randomInt } from 'node:crypto';
import { order, service, several, user } from '../admin/records.ts';
import { newPatients } from '../bench/patients.ts';
import { proseOf } from '../prose.ts';

/** Orders of 1.35 KB, no two with the same text. */
export function longOrders(count: number) {
  const { number, prose } = proseOf(7);
  return several(count, (id) =>
    order(id, {
      customer: { id: number(), username: `user_${number()}`, email: `${number()}@example.com` },
      address: prose(60),
      notes: prose(920),
    }),
  );
}

export const users = (count: number) => several(count, (id) => user(id));

export function services(count: number) {
  const { prose } = proseOf(8);
  return several(count, (id) => service(id, { name: prose(20), description: prose(200) }));
}

/** Patients of 0.9 KB as they are stored, each with a history of its own. */
export function patients(count: number) {
  const { prose } = proseOf(9);
  return newPatients(count).map((patient) => ({
    ...patient,
    address: prose(30),
    medical_history: prose(135),
    allergies: prose(10),
  }));
}

/** Numbers of Tanzanian mobiles that no other call returns. */
export function phones(count: number): string[] {
  const first = randomInt(1_000_000) * 10;
  return Array.from(
    { length: count },
    (_, n) => `+25571${String((first + n) % 10_000_000).padStart(7, '0')}`,
  );
}

/** A file of contacts, each with a name, an address and a tag. */
export function contactsCsv(count: number): string {
  const { prose } = proseOf(10);
  const rows = phones(count).map((phone, n) => `${prose(14)} ${n},${phone},p${n}@example.com,vip`);
  return ['name,phone_e164,email,tags', ...rows].join('\n');
}
