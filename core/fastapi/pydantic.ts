import * as z from 'zod';
import { readEmailAddress } from '../email-address.ts';
import { placeOf } from '../http/cursor.ts';
import { InvalidInput } from '../http/problem.ts';
import { isBlank, isName, isStorable, normalized } from '../text.ts';

/** A fault of a value, as pydantic v1 reports it. */
export interface Flaw {
  msg: string;
  type: string;
  ctx?: Record<string, unknown>;
}

const flaw = (msg: string, type: string, ctx?: Record<string, unknown>): Flaw =>
  ctx ? { msg, type, ctx } : { msg, type };

export const flaws = {
  missing: flaw('field required', 'value_error.missing'),
  none: flaw('none is not an allowed value', 'type_error.none.not_allowed'),
  text: flaw('str type expected', 'type_error.str'),
  list: flaw('value is not a valid list', 'type_error.list'),
  dict: flaw('value is not a valid dict', 'type_error.dict'),
  uuid: flaw('value is not a valid uuid', 'type_error.uuid'),
  email: flaw('value is not a valid email address', 'value_error.email'),
  date: flaw('invalid date format', 'value_error.date'),
  dateTime: flaw(
    'invalid datetime format: write RFC 3339 with its offset, such as 2027-01-31T12:00:00Z',
    'value_error.datetime',
  ),
  dateType: flaw('invalid type; expected date, string, bytes, int or float', 'type_error'),
  integer: flaw('value is not a valid integer', 'type_error.integer'),
  characters: flaw('characters that cannot be stored are not allowed', 'value_error.any_str.characters'),
  extra: flaw('extra fields not permitted', 'value_error.extra'),
  repeatedParameter: flaw('repeated fields not permitted', 'value_error.extra'),
  cursor: flaw('value is not a cursor of this list', 'value_error.cursor'),
  repeated: flaw('ids must be unique', 'value_error.list.unique_items'),
  minItems: (limit: number) =>
    flaw(`ensure this value has at least ${limit} items`, 'value_error.list.min_items', {
      limit_value: limit,
    }),
  minLength: (limit: number) =>
    flaw(`ensure this value has at least ${limit} characters`, 'value_error.any_str.min_length', {
      limit_value: limit,
    }),
  maxLength: (limit: number) =>
    flaw(`ensure this value has at most ${limit} characters`, 'value_error.any_str.max_length', {
      limit_value: limit,
    }),
  maxBytes: (limit: number) =>
    flaw(`ensure this value has at most ${limit} bytes in UTF-8`, 'value_error.any_str.max_length', {
      limit_value: limit,
    }),
  notBefore: (limit: number | string) =>
    flaw(`ensure this value is greater than or equal to ${limit}`, 'value_error.number.not_ge', {
      limit_value: limit,
    }),
  notAfter: (limit: number | string) =>
    flaw(`ensure this value is less than or equal to ${limit}`, 'value_error.number.not_le', {
      limit_value: limit,
    }),
  notAfterNow: (now: string) =>
    flaw(`ensure this value is greater than ${now}`, 'value_error.number.not_gt', { limit_value: now }),
  regex: (pattern: RegExp) =>
    flaw(`string does not match regex "${pattern.source}"`, 'value_error.str.regex', {
      pattern: pattern.source,
    }),
  member: (permitted: readonly string[]) =>
    flaw(
      `value is not a valid enumeration member; permitted: ${permitted.map((value) => `'${value}'`).join(', ')}`,
      'type_error.enum',
      { enum_values: permitted },
    ),
};

/** Result of reading a field: its value, or its fault. */
export type Reading<T> = { value: T } | { flaw: Flaw };

const refuse = (what: Flaw) => ({ flaw: what });

/**
 * Text, to which numbers and booleans are coerced as by pydantic v1. A number above 2^53 - 1 is refused,
 * since JavaScript rounds it.
 */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return normalized(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  return undefined;
}

export interface TextRules {
  /** Least number of characters without white space around them; 0 by default. */
  min?: number;
  /** Most characters, in code points. */
  max: number;
  pattern?: RegExp;
  /** What a text is stored as, such as the phone that it shows; its other rules are checked of that. */
  shown?: (text: string) => string;
  /** True if TAB, LF and CR are allowed. */
  severalLines?: boolean;
}

/** Reads a text. Its length is checked in code points, as Python counts. */
export function readText(
  value: unknown,
  { min = 0, max, pattern, shown, severalLines = false }: TextRules,
): Reading<string> {
  const written = asText(value);
  if (written === undefined) return refuse(flaws.text);
  const text = shown ? shown(written) : written;
  if (min > 0 && (isBlank(text) || text.trim().length < min)) return refuse(flaws.minLength(min));
  if (text.length > max && [...text].length > max) return refuse(flaws.maxLength(max));
  // Of a phone only what it shows is stored, and not the line end of the cell that it was copied from.
  if (!isStorable(shown ? written.trim() : written, severalLines)) return refuse(flaws.characters);
  if (pattern && !pattern.test(text)) return refuse(flaws.regex(pattern));
  return { value: text };
}

/** Reads a text that becomes part of keys, such as a tenant's id. */
export function readName(value: unknown): Reading<string> {
  const reading = readText(value, { min: 1, max: 255 });
  return 'flaw' in reading || isName(reading.value) ? reading : refuse(flaws.maxBytes(255));
}

const calendarDate = z.iso.date();

/**
 * Reads a calendar date `YYYY-MM-DD` between two others, both inclusive. Numbers, which pydantic v1 takes as
 * Unix times, are refused: they are no dates of birth.
 */
export function readDate(value: unknown, earliest: string, latest: string): Reading<string> {
  if (typeof value === 'object') return refuse(flaws.dateType);
  const date = calendarDate.safeParse(value);
  if (!date.success) return refuse(flaws.date);
  if (date.data < earliest) return refuse(flaws.notBefore(earliest));
  if (date.data > latest) return refuse(flaws.notAfter(latest));
  return { value: date.data };
}

const instant = z.iso.datetime({ offset: true });

/** Reads an instant with its offset from UTC (RFC 3339), as milliseconds since the epoch. */
export function readInstant(value: unknown): Reading<number> {
  const text = instant.safeParse(value);
  return text.success ? { value: Date.parse(text.data) } : refuse(flaws.dateTime);
}

/** Reads an e-mail address as `readEmailAddress` does. */
export function readEmail(value: unknown): Reading<string> {
  const address = typeof value === 'string' ? readEmailAddress(value) : undefined;
  return address === undefined ? refuse(flaws.email) : { value: address };
}

/** Reads one of the permitted texts. */
export const readChoice = <T extends string>(value: unknown, permitted: readonly T[]): Reading<T> => {
  const choice = permitted.find((candidate) => candidate === value);
  return choice === undefined ? refuse(flaws.member(permitted)) : { value: choice };
};

/** Reads a cursor of an earlier page. @param shape of a place in the list; other cursors are refused. */
export function readCursor<S extends z.ZodType>(value: unknown, shape: S): Reading<z.output<S>> {
  const place = shape.safeParse(typeof value === 'string' ? placeOf(value) : undefined);
  return place.success ? { value: place.data } : refuse(flaws.cursor);
}

/** Reads a UUID in any form that Python's `uuid.UUID` takes, and returns it in lower case with dashes. */
export function readUuid(value: unknown): Reading<string> {
  if (typeof value !== 'string') return refuse(flaws.uuid);
  const hex = value
    .replace(/^urn:uuid:/i, '')
    .replace(/^\{|\}$/g, '')
    .replaceAll('-', '')
    .toLowerCase();
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(hex);
  return parts ? { value: parts.slice(1).join('-') } : refuse(flaws.uuid);
}

/**
 * Reads a whole number of a query. Only digits are accepted, at most nine, since `''`, `0x10` and `1e3` are
 * typing errors.
 */
export const readInteger = (value: unknown): Reading<number> =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? { value: Number(value) } : refuse(flaws.integer);

/** Reads a `limit` from 1: digits of any number. More than `max` counts as `max`. */
export function readLimit(value: unknown, max: number): Reading<number> {
  if (typeof value !== 'string' || !/^\d+$/.test(value)) return refuse(flaws.integer);
  const limit = Math.min(Number(value), max);
  return limit < 1 ? refuse(flaws.notBefore(1)) : { value: limit };
}

/** The flaw in an issue of a schema of this file; undefined for issues of zod's own schemas. */
export const flawOf = (issue: z.core.$ZodIssue): Flaw | undefined =>
  issue.code === 'custom' ? (issue.params?.flaw as Flaw | undefined) : undefined;

/** Reports a flaw of a field, in a rule about several fields. */
export const report = (context: z.core.$RefinementCtx, what: Flaw, path: PropertyKey[] = []) =>
  context.addIssue({ code: 'custom', message: what.msg, params: { flaw: what }, path, continue: true });

/** The refusal of a field of the body that only its handler can check, such as a time against the clock. */
export const refusedField = (field: string, what: Flaw): InvalidInput =>
  new InvalidInput([
    {
      place: 'body',
      issue: { code: 'custom', message: what.msg, params: { flaw: what }, path: [field], input: undefined },
    },
  ]);

/** Description of a field for OpenAPI, since a schema cannot be derived from code that reads it. */
type JsonSchema = Record<string, unknown>;
type Read<T> = (value: unknown) => Reading<T>;

function field<T>(read: Read<T>, schema: JsonSchema) {
  const transform = (value: unknown, context: z.core.$RefinementCtx): T => {
    const reading = read(value);
    if ('value' in reading) return reading.value;
    report(context, reading.flaw);
    return z.NEVER;
  };
  return z.unknown().transform(transform).meta(schema);
}

const notNull =
  <T>(read: Read<T>): Read<T> =>
  (value) =>
    value === null ? refuse(flaws.none) : read(value);

/** A required field. */
export const required = <T>(read: Read<T>, schema: JsonSchema) =>
  field<T>((value) => (value === undefined ? refuse(flaws.missing) : notNull(read)(value)), schema);

/** A field that may be left out, but not be null. */
export const changeable = <T>(read: Read<T>, schema: JsonSchema) =>
  field<T | undefined>(
    (value) => (value === undefined ? { value } : notNull(read)(value)),
    schema,
  ).optional();

/** A field that may be left out or be null. */
export const optional = <T>(read: Read<T>, schema: JsonSchema) =>
  field<T | null | undefined>((value) => (value === undefined || value === null ? { value } : read(value)), {
    ...schema,
    type: [schema.type, 'null'],
  }).optional();

/** Refuses repetitions of an id in a list. */
export const uniqueIds = (items: unknown, context: z.core.$RefinementCtx): void => {
  const seen = new Set<string>();
  // Lists with other faults are checked as well, so that one answer lists all faults.
  for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
    const id: unknown = item?.id;
    if (typeof id !== 'string') continue;
    if (seen.has(id)) report(context, flaws.repeated, [index, 'id']);
    seen.add(id);
  }
};
