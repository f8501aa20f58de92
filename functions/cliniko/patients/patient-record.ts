import * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { readPhone } from './phone.ts';
import { type ReadField, readDate, readEmail, readText, type WarningCode } from './read-field.ts';
import { recordId } from './record-id.ts';

/** The stored part of Cliniko's patient. Every field but the id may be missing, null or unusable. */
interface PatientFields {
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  date_of_birth: string | null;
  phone: string | null;
  /** RFC 3339, UTC; empty if unknown. */
  updated_at: string;
  isArchived: boolean;
}

/** A field that is not stored as Cliniko has it: its name in Cliniko's record and the reason, no value. */
interface FieldWarning {
  field: string;
  code: WarningCode;
}

/** A record of Cliniko's as read: its fields, or the reason why it cannot be stored. */
export type ReadPatient =
  | { id: string; fields: PatientFields; warnings: FieldWarning[] }
  | { id: string; reason: string };

/** An instant in the one format in which texts sort as instants do; empty if the value is none. */
function readInstant(value: unknown): string {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? '' : timestamp(milliseconds);
}

const Fields = z.record(z.string(), z.unknown());

/**
 * Reads one record of a page. A record with an id is always kept: what is wrong with its fields is told.
 *
 * @param place stands in for the id of a record without one, e.g. `active 3.5` for list, page and row.
 */
export function readPatient(record: unknown, place: string): ReadPatient {
  const given = Fields.safeParse(record).data;
  if (!given) return { id: place, reason: 'not usable: record' };
  const id = recordId(given);
  if (id === undefined) return { id: place, reason: 'not usable: id' };
  const texts = {
    first_name: readText(given.first_name),
    last_name: readText(given.last_name),
    email: readEmail(given.email),
    date_of_birth: readDate(given.date_of_birth),
    patient_phone_numbers: readPhone(given.patient_phone_numbers),
  } satisfies Record<string, ReadField>;
  const warnings = Object.entries(texts).flatMap(([field, { code }]) => (code ? [{ field, code }] : []));
  const fields = {
    first_name: texts.first_name.value,
    last_name: texts.last_name.value,
    email: texts.email.value,
    date_of_birth: texts.date_of_birth.value,
    phone: texts.patient_phone_numbers.value,
    updated_at: readInstant(given.updated_at),
    isArchived: Boolean(given.archived_at),
  };
  return { id, fields, warnings };
}
