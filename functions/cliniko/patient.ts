import * as z from 'zod';
import { timestamp } from '../../core/clock.ts';
import { isStorable, normalized } from '../../core/text.ts';
import { phoneOf } from './phone.ts';

/**
 * Where a patient is at Cliniko. `rejected` marks a record that could not be stored and of which nothing is known, so that it counts once.
 */
export type Standing = 'active' | 'archived' | 'deleted' | 'rejected';

/** A patient of one organisation, as it is stored. */
export interface StoredPatient {
  /** Cliniko's id, or the place of a record that has none. */
  cliniko_id: string;
  /** Our own number for it. */
  id: number;
  standing: Standing;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  phone: string | null;
  date_of_birth: string | null;
  /** When Cliniko changed it last, RFC 3339, UTC; empty as long as nothing is known. */
  updated_at: string;
  last_synced: string;
  sync_status: 'success' | 'failed';
  /** The last sync that met it. */
  seen: number;
  /** What searches look at. */
  search: string;
}

/** The longest a text may be before a record counts as broken. DynamoDB's 400 KB for an item are far away. */
const LONGEST = 2_000;

const text = z
  .string()
  .max(LONGEST)
  .refine((value) => isStorable(value, true))
  .transform((value) => normalized(value.trim()) || null)
  .nullish()
  .transform((value) => value ?? null);

/** An instant in one spelling, so that texts compare as instants do; empty for what is none. */
const instant = z.unknown().transform((value) => {
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
  patient_phone_numbers: z.unknown().transform(phoneOf),
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

/** The sync that meets a record, and when. */
export interface Meeting {
  sync: number;
  at: string;
  standing: 'active' | 'archived';
}

/** What searches compare with: one form for upper and lower case. */
export const searchable = (value: string): string => normalized(value).toLocaleLowerCase('en');

const BLANK = {
  first_name: null,
  last_name: null,
  email: null,
  phone: null,
  date_of_birth: null,
  search: '',
};

/**
 * The patient after a sync met its record. What is stored stays if it is newer than the record, and if the record is broken.
 *
 * @param id the number for a patient that is new.
 */
export function met(
  known: StoredPatient | undefined,
  read: ReadPatient,
  { sync, at, standing }: Meeting,
  id: number,
): StoredPatient {
  const cliniko_id = read.id;
  if ('reason' in read) {
    const old = known ?? {
      ...BLANK,
      id,
      cliniko_id,
      standing: 'rejected' as const,
      updated_at: '',
      last_synced: at,
    };
    return { ...old, sync_status: 'failed', seen: sync };
  }
  const { fields } = read;
  if (known && fields.updated_at !== '' && known.updated_at > fields.updated_at) {
    return { ...known, seen: sync, last_synced: at, sync_status: 'success' };
  }
  const { first_name, last_name, email, date_of_birth, patient_phone_numbers: phone, updated_at } = fields;
  return {
    id: known?.id ?? id,
    cliniko_id,
    standing: fields.archived_at === null ? standing : 'archived',
    first_name,
    last_name,
    email,
    phone,
    date_of_birth,
    updated_at,
    last_synced: at,
    sync_status: 'success',
    seen: sync,
    search: searchable([[first_name, last_name].filter(Boolean).join(' '), email].filter(Boolean).join('\n')),
  };
}
