import * as z from 'zod';
import { systemClock, timestamp } from '../../core/clock.ts';
import { assertVersion } from '../../core/dynamo/version.ts';
import {
  changeable,
  optional,
  readChoice,
  readDate,
  readEmail,
  readName,
  readText,
  readUuid,
  required,
  type TextRules,
} from '../../core/fastapi/pydantic.ts';
import { invariant } from '../../core/invariant.ts';
import { shownPhone } from '../../core/phone-text.ts';

export const genders = ['male', 'female', 'other'] as const;
export type Gender = (typeof genders)[number];

/** First date of birth that is accepted: no living person was born before. */
const earliestBirth = '1900-01-01';

/** Today's date in Kiribati (UTC+14), where a day begins first: a child born there today is accepted. */
const latestBirth = () => timestamp(systemClock.now() + 14 * 3_600_000).slice(0, 10);

const text = (rules: TextRules) => (value: unknown) => readText(value, rules);

const nameRules = { min: 1, max: 100 };
/**
 * The phone that a text shows: digits with the usual characters between them, perhaps an extension. The
 * number need not exist.
 */
const phoneRules = {
  max: 32,
  shown: shownPhone,
  pattern: /^[+(]{0,3}[0-9][-0-9 ()./]*(?:[,;]? ?(?:[Ee]xt(?:n|ension)?|x|#)[.:= ]*[0-9]{1,7})?$/,
};
const phoneSchema = {
  type: 'string',
  maxLength: phoneRules.max,
  description: [
    'Digits with spaces, dashes, dots, slashes and parentheses, after an optional plus; an extension as `ext. 5`',
    'or `x5`. Stored as it shows: digits of other scripts, dashes and blanks in ASCII, without invisible marks.',
  ].join(' '),
};
const addressRules = { max: 500, severalLines: true };
const historyRules = { max: 10_000, severalLines: true };
const allergiesRules = { max: 2_000, severalLines: true };

const described = ({ max, min }: TextRules) => ({
  type: 'string',
  maxLength: max,
  ...(min ? { minLength: min } : {}),
});
const date = (value: unknown) => readDate(value, earliestBirth, latestBirth());
const gender = (value: unknown) => readChoice<Gender>(value, genders);

const dateSchema = { type: 'string', format: 'date' };
const genderSchema = { type: 'string', enum: genders };
const emailSchema = { type: 'string', format: 'email' };
const idSchema = { type: 'string', format: 'uuid' };

const optionalFields = {
  email: optional(readEmail, emailSchema),
  address: optional(text(addressRules), described(addressRules)),
  medical_history: optional(text(historyRules), described(historyRules)),
  allergies: optional(text(allergiesRules), described(allergiesRules)),
};

/** Fields of a new patient, as callers write them. */
export const NewPatient = z
  .object({
    first_name: required(text(nameRules), described(nameRules)),
    last_name: required(text(nameRules), described(nameRules)),
    date_of_birth: required(date, dateSchema),
    gender: required(gender, genderSchema),
    phone: required(text(phoneRules), phoneSchema),
    ...optionalFields,
    tenant_id: optional(readName, {
      type: 'string',
      description: 'Only a super_admin chooses it.',
    }),
  })
  .meta({ id: 'NewPatient' });
export type NewPatient = z.output<typeof NewPatient>;

/** Fields of a patient to change. Fields that are left out stay. */
export const PatientChanges = z
  .object({
    first_name: changeable(text(nameRules), described(nameRules)),
    last_name: changeable(text(nameRules), described(nameRules)),
    date_of_birth: changeable(date, dateSchema),
    gender: changeable(gender, genderSchema),
    phone: changeable(text(phoneRules), phoneSchema),
    ...optionalFields,
  })
  .meta({ id: 'PatientChanges' });
export type PatientChanges = z.output<typeof PatientChanges>;

/** Id of a patient. Other texts are refused, since no patient can have them. */
export const PatientId = required(readUuid, idSchema);

/** A change in a batch: the patient's id and the fields to change. */
export const PatientChange = z
  .object({ id: PatientId, ...PatientChanges.shape })
  .meta({ id: 'PatientChange' });

/** A patient, as stored and as answered. */
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

/**
 * Asserts that a stored document is a patient. Checked by hand and not by the schema, since a page may have
 * 500 patients.
 *
 * @throws BrokenInvariant for a document of another kind.
 * @throws NewerVersion for a patient that newer code wrote.
 */
export function asPatient(document: Patient): Patient {
  assertVersion(document, 'patient');
  const { id, tenant_id, gender } = document;
  const isPatient = typeof tenant_id === 'string' && genders.includes(gender);
  invariant(isPatient, `document ${id} is a patient`);
  return document;
}

/**
 * Makes a new patient of a tenant.
 *
 * @param at the time, in RFC 3339.
 */
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

/**
 * Applies changes to a patient: fields that are left out stay, and null clears an optional field.
 *
 * @param at the time, in RFC 3339.
 */
export function changed(patient: Patient, changes: PatientChanges, at: string): Patient {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...patient, ...Object.fromEntries(given), updated_at: at };
}
