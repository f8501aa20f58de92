import * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { isStorable, normalized } from '../../../core/text.ts';
import { phoneOf } from './phone.ts';

/** The longest a text may be before a record counts as broken. DynamoDB's 400 KB for an item are far away. */
const textLengthMax = 2_000;

const text = z
  .string()
  .max(textLengthMax)
  .refine((value) => isStorable(value, true))
  .transform((value) => normalized(value.trim()) || null)
  .nullish()
  .transform((value) => value ?? null);

/** An instant in one spelling, so that texts compare as instants do; empty for what is none. */
const instant = z
  .unknown()
  .optional()
  .transform((value) => {
    const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(milliseconds) ? '' : timestamp(milliseconds);
  });

/** Cliniko writes ids of 64 bits as text; its older endpoints as numbers, which the client reads as text where they are too long. */
const Id = z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative()]).transform(String);

/** As much of Cliniko's patient as is kept. Every field but the id may be missing, null or empty. */
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

/** A patient of Cliniko's as it was read: ready to be stored, or named with what is wrong with it. */
export type ReadPatient =
  | { id: string; fields: z.output<typeof PatientRecord> }
  | { id: string; reason: string };

/**
 * Reads one record of a page.
 *
 * @param place what a record without an id is called by, e.g. `page 3, row 5`.
 */
export function readPatient(record: unknown, place: string): ReadPatient {
  const result = PatientRecord.safeParse(record);
  if (result.success) return { id: result.data.id, fields: result.data };
  const id = Id.safeParse((record as { id?: unknown } | null)?.id).data ?? place;
  const fields = new Set(result.error.issues.map(({ path }) => String(path[0] ?? 'record')));
  return { id, reason: `not usable: ${[...fields].join(', ')}` };
}
