import * as z from 'zod';
import { systemClock, timestamp } from '../../core/clock.ts';
import {
  changeable,
  optional,
  readChoice,
  readDate,
  readEmail,
  readText,
  readUuid,
  required,
  type TextRules,
} from './pydantic.ts';

export const genders = ['male', 'female', 'other'] as const;
export type Gender = (typeof genders)[number];

/** Nobody alive was born before. */
const EARLIEST_BIRTH = '1900-01-01';

/** Where it is the furthest into a day: a child born today in Kiribati (UTC+14) may be admitted at once. */
const latestBirth = () => timestamp(systemClock.now() + 14 * 3_600_000).slice(0, 10);

const text = (rules: TextRules) => (value: unknown) => readText(value, rules);

const NAME = { min: 1, max: 100 };
/** Digits and what people write between them; whether a number exists is the business of whoever calls it. */
const PHONE = { max: 32, pattern: /^\+?[0-9][0-9 ()./x-]*$/ };
const ADDRESS = { max: 500, severalLines: true };
const HISTORY = { max: 10_000, severalLines: true };
const ALLERGIES = { max: 2_000, severalLines: true };

const described = ({ max, min }: TextRules) => ({
  type: 'string',
  maxLength: max,
  ...(min ? { minLength: min } : {}),
});
const date = (value: unknown) => readDate(value, EARLIEST_BIRTH, latestBirth());
const gender = (value: unknown) => readChoice<Gender>(value, genders);

const DATE_SCHEMA = { type: 'string', format: 'date' };
const GENDER_SCHEMA = { type: 'string', enum: genders };
const EMAIL_SCHEMA = { type: 'string', format: 'email' };
const ID_SCHEMA = { type: 'string', format: 'uuid' };

const optionalFields = {
  email: optional(readEmail, EMAIL_SCHEMA),
  address: optional(text(ADDRESS), described(ADDRESS)),
  medical_history: optional(text(HISTORY), described(HISTORY)),
  allergies: optional(text(ALLERGIES), described(ALLERGIES)),
};

/** The fields of a patient that callers write, when it is created. */
export const NewPatient = z
  .object({
    first_name: required(text(NAME), described(NAME)),
    last_name: required(text(NAME), described(NAME)),
    date_of_birth: required(date, DATE_SCHEMA),
    gender: required(gender, GENDER_SCHEMA),
    phone: required(text(PHONE), described(PHONE)),
    ...optionalFields,
    tenant_id: optional(text({ min: 1, max: 255 }), {
      type: 'string',
      description: 'Only a super_admin chooses it.',
    }),
  })
  .meta({ id: 'NewPatient' });
export type NewPatient = z.output<typeof NewPatient>;

/** The same fields, each of them as it may be changed. */
export const PatientChanges = z
  .object({
    first_name: changeable(text(NAME), described(NAME)),
    last_name: changeable(text(NAME), described(NAME)),
    date_of_birth: changeable(date, DATE_SCHEMA),
    gender: changeable(gender, GENDER_SCHEMA),
    phone: changeable(text(PHONE), described(PHONE)),
    ...optionalFields,
  })
  .meta({ id: 'PatientChanges' });
export type PatientChanges = z.output<typeof PatientChanges>;

/** An id that names a record; of any other text it is known that no record has it. */
export const PatientId = required(readUuid, ID_SCHEMA);

/** One change of a batch: whose, and what. */
export const PatientChange = z
  .object({ id: PatientId, ...PatientChanges.shape })
  .meta({ id: 'PatientChange' });

/** A patient as it is stored and answered. */
export const Patient = z
  .object({
    id: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    date_of_birth: z.string(),
    gender: z.enum(genders),
    phone: z.string(),
    email: z.string().nullable(),
    address: z.string().nullable(),
    medical_history: z.string().nullable(),
    allergies: z.string().nullable(),
    tenant_id: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'Patient' });
export type Patient = z.output<typeof Patient>;

/** A new patient of a tenant. */
export function admitted(fields: NewPatient, tenant: string, id: string, at: string): Patient {
  return {
    id,
    first_name: fields.first_name,
    last_name: fields.last_name,
    date_of_birth: fields.date_of_birth,
    gender: fields.gender,
    phone: fields.phone,
    email: fields.email ?? null,
    address: fields.address ?? null,
    medical_history: fields.medical_history ?? null,
    allergies: fields.allergies ?? null,
    tenant_id: tenant,
    created_at: at,
    updated_at: at,
  };
}

/** The patient with the fields that were given; a field that was left out stays, and null clears one that may be empty. */
export function changed(patient: Patient, changes: PatientChanges, at: string): Patient {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...patient, ...Object.fromEntries(given), updated_at: at };
}
