import * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { isStorable, normalized } from '../../../core/text.ts';
import { phoneOf } from './phone.ts';

/** A longer text makes a record broken. Keeps items far below DynamoDB's limit of 400 KB. */
const textLengthMax = 2_000;

const text = z
  .string()
  .max(textLengthMax)
  .refine((value) => isStorable(value, true))
  .transform((value) => normalized(value.trim()) || null)
  .nullish()
  .transform((value) => value ?? null);

/** An instant in the one format in which texts sort as instants do; empty if the value is none. */
const instant = z
  .unknown()
  .optional()
  .transform((value) => {
    const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(milliseconds) ? '' : timestamp(milliseconds);
  });

/**
 * Cliniko sends 64-bit ids as text, its older endpoints as numbers; the client reads unsafe integers as text.
 */
const Id = z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative()]).transform(String);

/** The stored part of Cliniko's patient. Every field but the id may be missing, null or empty. */
const PatientRecord = z.object({
  id: Id,
  first_name: text,
  last_name: text,
  email: text,
  date_of_birth: text,
  patient_phone_numbers: z.unknown().optional().transform(phoneOf),
  updated_at: instant,
  archived_at: text,
});

/** A record of Cliniko's as read: its fields, or the reason why it cannot be stored. */
export type ReadPatient =
  | { id: string; fields: z.output<typeof PatientRecord> }
  | { id: string; reason: string };

/**
 * Reads one record of a page.
 *
 * @param place stands in for the id of a record without one, e.g. `active 3.5` for list, page and row.
 */
export function readPatient(record: unknown, place: string): ReadPatient {
  const result = PatientRecord.safeParse(record);
  if (result.success) return { id: result.data.id, fields: result.data };
  const id = z.object({ id: Id }).safeParse(record).data?.id ?? place;
  const fields = new Set(result.error.issues.map(({ path }) => String(path[0] ?? 'record')));
  return { id, reason: `not usable: ${[...fields].join(', ')}` };
}
