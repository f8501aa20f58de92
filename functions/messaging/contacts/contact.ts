import * as z from 'zod';
import { readEmailAddress } from '../../../core/email-address.ts';
import { isStorable, normalized } from '../../../core/text.ts';
import { boundedText } from '../text.ts';

/** Attributes that callers define: any JSON. */
export type Attributes = Record<string, unknown>;

const attributeNameLengthMax = 64;
const attributesBytesMax = 64 * 1024;
const attributeLevelsMax = 16;
const tagsMax = 50;
const tagLengthMax = 64;

/**
 * DynamoDB nests to 32 levels; texts at every depth must be storable. A number beyond 2^53 - 1 is not: it was
 * rounded when it was parsed. Neither are two names that are one in NFC: one of them would be lost.
 */
function isStorableValue(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isStorable(value, true);
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  const names = Object.keys(value);
  return (
    depth > 0 &&
    new Set(names.map(normalized)).size === names.length &&
    Object.entries(value).every(([key, inner]) => isStorable(key, false) && isStorableValue(inner, depth - 1))
  );
}

/** A value with its texts and names in NFC. Its depth was checked before. */
function normalizedValue(value: unknown): unknown {
  if (typeof value === 'string') return normalized(value);
  if (Array.isArray(value)) return value.map(normalizedValue);
  return typeof value === 'object' && value !== null ? normalizedAttributes(value) : value;
}

const normalizedAttributes = (attributes: object): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [normalized(name), normalizedValue(value)]),
  );

/** True if attributes are small enough to be stored. */
export const fits = (attributes: Attributes): boolean =>
  Buffer.byteLength(JSON.stringify(attributes)) <= attributesBytesMax;

/** Name of a contact. */
export const Name = boundedText(1, 255);
/** E-mail address of a contact, as `readEmailAddress` reads it. */
export const Email = z
  .string()
  .transform(readEmailAddress)
  .pipe(z.string({ error: 'Invalid email address' }))
  .meta({ format: 'email' });
/** Tags of a contact, without duplicates. */
export const Tags = z
  .array(boundedText(1, tagLengthMax))
  .max(tagsMax)
  .transform((tags) => [...new Set(tags)]);
/** `__proto__` is refused, because an assignment to it would be lost. */
export const AttributeName = boundedText(1, attributeNameLengthMax).refine((name) => name !== '__proto__');
/** Attributes of a contact, as callers send them. */
export const Attributes = z
  .record(z.string().min(1).max(attributeNameLengthMax), z.unknown())
  .refine((value) => isStorableValue(value, attributeLevelsMax), {
    error: [
      `Attributes may be ${attributeLevelsMax} levels deep, without control characters, without two names that`,
      'are one in Unicode NFC, and without numbers beyond 2^53 - 1, which belong in quotes',
    ].join(' '),
    abort: true,
  })
  .transform(normalizedAttributes)
  .refine(fits, {
    error: `Attributes may take ${attributesBytesMax} bytes of JSON`,
  });

/** A contact, as it is stored and answered. */
export const Contact = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    phone_e164: z.string(),
    email: z.string().nullable(),
    tags: z.array(z.string()),
    attributes: z.record(z.string(), z.unknown()),
    is_active: z.boolean().describe('True if messages may be sent to the contact.'),
    opted_out_at: z.string().nullable().describe('Time of the opt-out. No import or edit reverts it.'),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'Contact' });
export type Contact = z.output<typeof Contact>;

/** Fields of a bulk edit. `null` clears a field; tags and attributes are replaced as a whole. */
export const ContactUpdates = z
  .strictObject({
    name: Name.nullable().optional(),
    email: Email.nullable().optional(),
    tags: Tags.optional(),
    attributes: Attributes.optional(),
    is_active: z.boolean().optional(),
  })
  .refine((updates) => Object.values(updates).some((value) => value !== undefined), {
    error: 'updates must name at least one field',
  })
  .meta({ id: 'ContactUpdates' });
export type ContactUpdates = z.output<typeof ContactUpdates>;

/** Fields that an import has for a contact; others are absent. */
export interface ContactFields {
  name?: string;
  email?: string;
  tags?: string[];
  attributes: Attributes;
  is_active?: boolean;
}

/**
 * A new contact. It is active by default, but never if its phone has opted out.
 *
 * @param optedOutAt when its phone opted out, if it has.
 * @param at RFC 3339.
 */
export function newContact(
  id: string,
  phone: string,
  fields: ContactFields,
  optedOutAt: string | null,
  at: string,
): Contact {
  return {
    id,
    name: fields.name ?? null,
    phone_e164: phone,
    email: fields.email ?? null,
    tags: fields.tags ?? [],
    attributes: fields.attributes,
    is_active: optedOutAt === null && fields.is_active !== false,
    opted_out_at: optedOutAt,
    created_at: at,
    updated_at: at,
  };
}

/** The contact with these updates. An opt-out stays in force. */
export function edited(contact: Contact, updates: ContactUpdates, at: string): Contact {
  const given = Object.entries(updates).filter(([, value]) => value !== undefined);
  const is_active = contact.opted_out_at === null && (updates.is_active ?? contact.is_active);
  return { ...contact, ...Object.fromEntries(given), is_active, updated_at: at };
}

/**
 * The contact with the fields of an import: attributes are merged, and an inactive contact stays inactive.
 */
export function reimported(contact: Contact, { attributes, ...fields }: ContactFields, at: string): Contact {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    ...contact,
    ...Object.fromEntries(given),
    attributes: { ...contact.attributes, ...attributes },
    is_active: contact.is_active && fields.is_active !== false,
    updated_at: at,
  };
}

/** The contact after an opt-out at this time, in RFC 3339. An earlier opt-out keeps its time. */
export const optedOutContact = (contact: Contact, at: string): Contact => ({
  ...contact,
  is_active: false,
  opted_out_at: contact.opted_out_at ?? at,
  updated_at: at,
});
